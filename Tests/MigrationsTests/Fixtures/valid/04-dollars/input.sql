-- migrate:up
CREATE FUNCTION one() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;
CREATE FUNCTION two() RETURNS text LANGUAGE sql AS $fn$ SELECT $$a;b$$ || '$fn'; $fn$;
CREATE FUNCTION plus(int, int) RETURNS int LANGUAGE sql AS $_$ SELECT $1+$2; $_$;
CREATE TABLE a$b$c (d$ int, é$ü$ int);
INSERT INTO a$b$c VALUES (1, 2); INSERT INTO a$b$c VALUES (3, 4);
CREATE TABLE tags (v text DEFAULT $ünïcode$ ; $ $ünï$ ; $ünïcode$, w text DEFAULT $$ $a$ ; $b$ $$);
PREPARE p AS SELECT $1::int + 1; EXECUTE p (1); DEALLOCATE p;
DO $do$
DECLARE
  n int := 0;
BEGIN
  FOR i IN 1..3 LOOP
    n := n + i;
  END LOOP;
END;
$do$;
-- migrate:down
DROP TABLE a$b$c, tags;
DROP FUNCTION one(), two(), plus(int, int);
