-- no transaction
-- [1]
DROP INDEX CONCURRENTLY big_tag_idx
-- [2]
DROP INDEX CONCURRENTLY big_id_idx
-- [3]
DROP TABLE big
