-- migrate:up
\restrict Gk0pXvQ7abcdef
SET statement_timeout = 0;
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE TABLE public.dumped (id int);
COPY public.dumped (id) FROM stdin;
1
\.
\unrestrict Gk0pXvQ7abcdef

-- migrate:down
DROP TABLE public.dumped;
