-- migrate:up
SELECT 1 AS x \gset
