-- [1]
DROP TABLE b
-- [2]
DROP TABLE a
