-- [1]
CREATE TABLE "Größe;" (größe int, 名前 text, é text DEFAULT 'ü;')
-- [2]
CREATE VIEW ops AS
  SELECT 5 - -3 AS a, 2*-1 AS b, '{1,2}'::int[] @> ARRAY[1] AS c, 7/*;*// 2 AS d, 1.5e3 AS e,
         '{"a": {"b;": 1}}'::jsonb #>> '{a,b;}' AS f, (ARRAY[1,2,3])[1:2] AS g, 0x1F AS h, |/ 25.0 AS i
-- [3]
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)
-- [4]
SELECT 1 === 1, 3 != -1
