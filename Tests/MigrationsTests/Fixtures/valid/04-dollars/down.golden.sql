-- [1]
DROP TABLE a$b$c, tags
-- [2]
DROP FUNCTION one(), two(), plus(int, int)
