-- [1]
CREATE TABLE crlf (
  id int, -- a comment;
  name text DEFAULT 'two
lines'
)
-- [2]
COPY crlf FROM stdin
-- rows
1	one
2	two
-- [3]
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  RETURN 1;
END
$$
