-- migrate:up
CREATE TABLE fruit (id int, name text, note text);
COPY fruit (id, name, note) FROM stdin; -- a comment is fine here
1	apple	semi;colon
2	pear	-- migrate:down
3	plum	$$ ' " /* \\.
\N	\N	\\N
\.
COPY "fruit" FROM STDIN WITH (FORMAT csv, HEADER true);
id,name,note
4,"quince;
two lines","say ""x"""
\.

COPY fruit FROM stdin;
\.
INSERT INTO fruit VALUES (5, 'fig', 'after the data');
-- migrate:down
COPY fruit (id) FROM stdin;
6
\.
DROP TABLE fruit;
