-- [1]
CREATE SCHEMA elsewhere
-- [2]
SET search_path = elsewhere
-- [3]
CREATE TABLE inside (id int)
-- [4]
SET LOCAL work_mem = '8MB'
-- [5]
SAVEPOINT s
-- [6]
CREATE TABLE gone (id int)
-- [7]
ROLLBACK TO SAVEPOINT s
-- [8]
RELEASE s
-- [9]
CREATE TEMP TABLE scratch ON COMMIT DROP AS SELECT 1 AS x
