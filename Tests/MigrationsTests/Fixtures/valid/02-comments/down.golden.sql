-- [1]
DROP TABLE a, b, c, d
