-- [1]
CREATE TABLE a (x int)
-- [2]
CREATE TABLE b (x int /* ; */, y int)
-- [3]
CREATE TABLE c (x int CHECK (x*-1 < 5))
-- [4]
SELECT 4*--6;
5
-- [5]
CREATE TABLE d (x int)
