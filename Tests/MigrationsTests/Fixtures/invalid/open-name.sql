-- migrate:up
SELECT "x;
