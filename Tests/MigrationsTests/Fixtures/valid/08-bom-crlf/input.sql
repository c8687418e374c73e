-- migrate:up
CREATE TABLE crlf (
  id int, -- a comment;
  name text DEFAULT 'two
lines'
);
COPY crlf FROM stdin;
1	one
2	two
\.
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  RETURN 1;
END
$$;
-- migrate:down
DROP FUNCTION f();
DROP TABLE crlf;
