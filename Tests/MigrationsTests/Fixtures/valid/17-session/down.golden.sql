-- [1]
DROP SCHEMA elsewhere CASCADE
