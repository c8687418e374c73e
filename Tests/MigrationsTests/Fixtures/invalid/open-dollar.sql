-- migrate:up
SELECT $a$ $b$;
