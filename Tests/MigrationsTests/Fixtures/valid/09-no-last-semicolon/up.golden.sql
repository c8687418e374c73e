-- [1]
CREATE TABLE a (id int)
-- [2]
CREATE TABLE b (id int)
