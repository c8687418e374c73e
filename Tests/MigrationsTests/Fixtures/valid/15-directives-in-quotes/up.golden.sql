-- [1]
CREATE TABLE help (topic text)
-- [2]
INSERT INTO help VALUES ('
-- migrate:down
DROP TABLE help;
')
-- [3]
CREATE FUNCTION advice() RETURNS text LANGUAGE sql AS $$
-- migrate:down
SELECT 'x'::text;
$$
-- [4]
CREATE TABLE more (x int)
