-- [1]
DROP TABLE old
