-- migrate:up
SELECT 'café';
