-- migrate:up
CREATE TABLE quotes (id int, "semi;colon" text, "double""quote;" text, "back\slash;" text);
INSERT INTO quotes VALUES (1, 'it''s; fine', 'back\', '\;');
INSERT INTO quotes VALUES (2, E'it\'s; fine', e'\\', E'\\\';');
INSERT INTO quotes VALUES (3, U&'d\0061t\+000061;', N'n;', u&'\\;');
INSERT INTO quotes (id, U&"\0073emi;colon") VALUES (4, 'x');
INSERT INTO quotes VALUES (5, 'first;'
  'second;', E'third\';' -- a comment in between; 'quotes' too
  'fourth;', 'end');
CREATE TABLE bits (b bit(8) DEFAULT B'10101010', x bit(8) DEFAULT X'1F', f float DEFAULT 1e-5);
CREATE VIEW aliases AS SELECT 1 AS e, 'a' AS n, 'b;' AS b;
COMMENT ON TABLE quotes IS 'three '' quotes ''; -- no comment /* nor this';
-- migrate:down
DROP VIEW aliases;
DROP TABLE quotes, bits;
