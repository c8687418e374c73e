-- migrate:up

CREATE EXTENSION IF NOT EXISTS vector;

CREATE SCHEMA shop;

CREATE TYPE shop.season AS ENUM ('spring', 'summer', 'autumn', 'winter');

-- Looks come from a camera, whose vectors have any length.
CREATE TABLE shop."Product Items" (
  id          uuid PRIMARY KEY,
  "Name"      text NOT NULL,
  "Long Text" text,
  price       numeric(8, 2) NOT NULL,
  season      shop.season,
  tags        text[] NOT NULL DEFAULT '{}',
  "limit"     integer,
  looks       vector(4)
);

CREATE TABLE shop.order_line (
  customer_id integer     NOT NULL,
  item_id     uuid        NOT NULL REFERENCES shop."Product Items",
  quantity    integer     NOT NULL,
  ordered_at  timestamptz NOT NULL
);

CREATE TABLE shop.review (
  customer_id integer     NOT NULL,
  item_id     uuid        NOT NULL REFERENCES shop."Product Items",
  stars       real        NOT NULL,
  written_at  timestamptz NOT NULL,
  PRIMARY KEY (customer_id, item_id)
);

CREATE TABLE chunk (
  chunk_id bigint PRIMARY KEY,
  item_id  uuid   NOT NULL REFERENCES shop."Product Items",
  body     text   NOT NULL
);

CREATE TABLE chunk_vector (
  chunk_id  bigint      PRIMARY KEY REFERENCES chunk ON DELETE CASCADE,
  embedding vector(384) NOT NULL
);

-- migrate:down

DROP TABLE chunk_vector, chunk;
DROP SCHEMA shop CASCADE;
