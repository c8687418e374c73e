-- [1]
CREATE TABLE begin_log (id int, "end" text, "case" text)
-- [2]
CREATE FUNCTION twice(n int) RETURNS int
BEGIN ATOMIC
  SELECT n;
  SELECT CASE WHEN n > 0 THEN CASE n WHEN 1 THEN 2 ELSE n * 2 END ELSE (CASE WHEN n = 0 THEN 0 END) END;
END
-- [3]
CREATE OR REPLACE PROCEDURE note(n int)
LANGUAGE SQL
begin atomic
  INSERT INTO begin_log VALUES (n, 'end;', 'case;');
  INSERT INTO begin_log SELECT n, 'a', CASE n WHEN 1 THEN 'b;' END;
end
-- [4]
CREATE FUNCTION plain(n int) RETURNS int RETURN n + 1
-- [5]
CREATE VIEW cases AS SELECT CASE WHEN true THEN 1 END AS x
-- [6]
CALL note(2)
-- [7]
CREATE FUNCTION loops() RETURNS void LANGUAGE plpgsql AS $$ BEGIN NULL; END; $$
