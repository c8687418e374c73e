-- migrate:up
CREATE TABLE help (topic text);
INSERT INTO help VALUES ('
-- migrate:down
DROP TABLE help;
');
CREATE FUNCTION advice() RETURNS text LANGUAGE sql AS $$
-- migrate:down
SELECT 'x'::text;
$$;
/*
-- migrate:down
*/
CREATE TABLE more (x int); -- migrate:up is mentioned after SQL, which is a comment
-- a comment about migrate:down
-- migrate:down
DROP TABLE more, help;
DROP FUNCTION advice();
