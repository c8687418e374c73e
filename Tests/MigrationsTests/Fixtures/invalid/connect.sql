-- migrate:up
	SELECT 1;
	\connect x
