-- [1]
CREATE TABLE target (id int)
-- [2]
CREATE TABLE log (what text)
-- [3]
CREATE RULE noted AS ON INSERT TO target DO ALSO (
  INSERT INTO log VALUES ('insert;');
  INSERT INTO log VALUES ((SELECT 'nested (;)'))
)
-- [4]
CREATE RULE kept AS ON DELETE TO target DO INSTEAD NOTHING
-- [5]
INSERT INTO target VALUES (1)
