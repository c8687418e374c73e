-- [1]
DROP VIEW cases
-- [2]
DROP FUNCTION twice(int), plain(int), loops()
-- [3]
DROP PROCEDURE note(int)
-- [4]
DROP TABLE begin_log
