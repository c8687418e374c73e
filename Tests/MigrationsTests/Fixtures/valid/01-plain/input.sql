-- A comment before the first section is allowed.
-- migrate:up
CREATE TABLE product (
  id   int PRIMARY KEY,
  name text NOT NULL DEFAULT 'a; b'
);
CREATE INDEX product_name_idx ON product (name);

-- migrate:down
DROP TABLE product;
