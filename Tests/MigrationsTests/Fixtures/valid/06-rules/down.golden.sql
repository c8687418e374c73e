-- [1]
DROP TABLE target, log
