-- [1]
CREATE TABLE old (id int, v text)
-- [2]
SET escape_string_warning = off
-- [3]
SET LOCAL standard_conforming_strings TO 'off'
-- [4]
INSERT INTO old VALUES (1, 'it\'s; escaped')
-- [5]
INSERT INTO old VALUES (2, 'back\\')
-- [6]
SET standard_conforming_strings = on
-- [7]
INSERT INTO old VALUES (3, 'back\')
-- [8]
INSERT INTO old VALUES (4, 'x')
