-- no transaction
-- [1]
CREATE TABLE big (id int, tag text)
-- [2]
CREATE INDEX CONCURRENTLY big_id_idx ON big (id)
-- [3]
CREATE INDEX CONCURRENTLY big_tag_idx ON big (tag)
-- [4]
BEGIN
-- [5]
INSERT INTO big VALUES (1, 'a')
-- [6]
COMMIT
-- [7]
VACUUM big
