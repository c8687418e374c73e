-- [1]
DROP TABLE more, help
-- [2]
DROP FUNCTION advice()
