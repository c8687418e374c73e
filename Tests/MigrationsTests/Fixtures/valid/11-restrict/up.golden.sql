-- [1]
SET statement_timeout = 0
-- [2]
SET standard_conforming_strings = on
-- [3]
SELECT pg_catalog.set_config('search_path', '', false)
-- [4]
CREATE TABLE public.dumped (id int)
-- [5]
COPY public.dumped (id) FROM stdin
-- rows
1
