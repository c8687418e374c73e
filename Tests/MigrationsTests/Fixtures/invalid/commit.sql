-- migrate:up
SELECT 1; commit;
