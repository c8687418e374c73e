-- [1]
DROP TABLE public.dumped
