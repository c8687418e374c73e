-- [1]
CREATE TABLE kept (id int)
