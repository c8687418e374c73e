-- [1]
CREATE TABLE fruit (id int, name text, note text)
-- [2]
COPY fruit (id, name, note) FROM stdin
-- rows
1	apple	semi;colon
2	pear	-- migrate:down
3	plum	$$ ' " /* \\.
\N	\N	\\N
-- [3]
COPY "fruit" FROM STDIN WITH (FORMAT csv, HEADER true)
-- rows
id,name,note
4,"quince;
two lines","say ""x"""
-- [4]
COPY fruit FROM stdin
-- rows
-- [5]
INSERT INTO fruit VALUES (5, 'fig', 'after the data')
