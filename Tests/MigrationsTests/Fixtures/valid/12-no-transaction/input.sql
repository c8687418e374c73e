-- migrate:up transaction:false
CREATE TABLE big (id int, tag text);
CREATE INDEX CONCURRENTLY big_id_idx ON big (id);
CREATE INDEX CONCURRENTLY big_tag_idx ON big (tag);
BEGIN;
INSERT INTO big VALUES (1, 'a');
COMMIT;
VACUUM big;
-- migrate:down transaction:false
DROP INDEX CONCURRENTLY big_tag_idx;
DROP INDEX CONCURRENTLY big_id_idx;
DROP TABLE big;
