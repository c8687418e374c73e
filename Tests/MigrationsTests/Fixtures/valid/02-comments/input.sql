-- migrate:up
/* outer; /* inner; */ still outer; */ CREATE TABLE a (x int); -- done; really
/**/ CREATE TABLE b (x int /* ; */, y int); /***/
CREATE TABLE c (x int CHECK (x*-1 < 5)); -- /* not opened
SELECT 4*--6;
5;
-- /* nor here
CREATE TABLE d (x int) --no semicolon here;
;
/* /* */ ; */
-- migrate:down
DROP TABLE a, b, c, d;
