-- [1]
DROP VIEW aliases
-- [2]
DROP TABLE quotes, bits
