-- [1]
DROP OPERATOR === (int, int)
-- [2]
DROP VIEW ops
-- [3]
DROP TABLE "Größe;"
