-- migrate:up
SELECT 1;
\i other.sql
