-- migrate:up
CREATE SCHEMA elsewhere;
SET search_path = elsewhere;
CREATE TABLE inside (id int);
SET LOCAL work_mem = '8MB';
SAVEPOINT s;
CREATE TABLE gone (id int);
ROLLBACK TO SAVEPOINT s;
RELEASE s;
CREATE TEMP TABLE scratch ON COMMIT DROP AS SELECT 1 AS x;
-- migrate:down
DROP SCHEMA elsewhere CASCADE;
