-- migrate:up
SELECT 1;
-- migrate:sideways
