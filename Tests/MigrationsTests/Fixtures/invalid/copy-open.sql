-- migrate:up
CREATE TABLE t (x int);
COPY t FROM stdin;
1
-- migrate:down
DROP TABLE t;
