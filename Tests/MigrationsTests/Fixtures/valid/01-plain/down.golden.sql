-- [1]
DROP TABLE product
