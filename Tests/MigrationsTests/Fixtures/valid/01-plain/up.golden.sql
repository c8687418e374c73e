-- [1]
CREATE TABLE product (
  id   int PRIMARY KEY,
  name text NOT NULL DEFAULT 'a; b'
)
-- [2]
CREATE INDEX product_name_idx ON product (name)
