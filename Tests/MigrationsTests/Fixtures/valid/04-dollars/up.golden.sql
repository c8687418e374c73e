-- [1]
CREATE FUNCTION one() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$
-- [2]
CREATE FUNCTION two() RETURNS text LANGUAGE sql AS $fn$ SELECT $$a;b$$ || '$fn'; $fn$
-- [3]
CREATE FUNCTION plus(int, int) RETURNS int LANGUAGE sql AS $_$ SELECT $1+$2; $_$
-- [4]
CREATE TABLE a$b$c (d$ int, é$ü$ int)
-- [5]
INSERT INTO a$b$c VALUES (1, 2)
-- [6]
INSERT INTO a$b$c VALUES (3, 4)
-- [7]
CREATE TABLE tags (v text DEFAULT $ünïcode$ ; $ $ünï$ ; $ünïcode$, w text DEFAULT $$ $a$ ; $b$ $$)
-- [8]
PREPARE p AS SELECT $1::int + 1
-- [9]
EXECUTE p (1)
-- [10]
DEALLOCATE p
-- [11]
DO $do$
DECLARE
  n int := 0;
BEGIN
  FOR i IN 1..3 LOOP
    n := n + i;
  END LOOP;
END;
$do$
