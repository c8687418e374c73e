-- migrate:up
SELECT E'\';
