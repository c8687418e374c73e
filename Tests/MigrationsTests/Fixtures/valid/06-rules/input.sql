-- migrate:up
CREATE TABLE target (id int);
CREATE TABLE log (what text);
CREATE RULE noted AS ON INSERT TO target DO ALSO (
  INSERT INTO log VALUES ('insert;');
  INSERT INTO log VALUES ((SELECT 'nested (;)'))
);
CREATE RULE kept AS ON DELETE TO target DO INSTEAD NOTHING;
INSERT INTO target VALUES (1);
-- migrate:down
DROP TABLE target, log;
