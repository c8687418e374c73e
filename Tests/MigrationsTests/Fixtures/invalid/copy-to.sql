-- migrate:up
COPY (SELECT 1) TO STDOUT;
