-- [1]
COPY fruit (id) FROM stdin
-- rows
6
-- [2]
DROP TABLE fruit
