-- migrate:up
CREATE TABLE a (id int);
CREATE TABLE b (id int) -- the directive ends it
-- migrate:down
DROP TABLE b;
DROP TABLE a