-- [1]
DROP FUNCTION f()
-- [2]
DROP TABLE crlf
