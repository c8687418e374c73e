-- migrate:up
CREATE TABLE old (id int, v text);
SET escape_string_warning = off;
SET LOCAL standard_conforming_strings TO 'off';
INSERT INTO old VALUES (1, 'it\'s; escaped');
INSERT INTO old VALUES (2, 'back\\');
SET standard_conforming_strings = on;
INSERT INTO old VALUES (3, 'back\'); INSERT INTO old VALUES (4, 'x');
-- migrate:down
DROP TABLE old;
