-- migrate:up
SELECT 1;
ROLLBACK WORK;
