-- migrate:up
SELECT 1;
SELECT 'é', 'open;
-- migrate:down
