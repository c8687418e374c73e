-- migrate:up

-- One nullable vector column per encoder; the next migration registers what each one holds.
-- No index on them: one that exists while vectors are written makes the writing fifty times
-- slower. The registry names the variant that a column should have; `dbtool index` builds it.
--
-- A zero vector has no direction: its cosine distance is NaN, and an index leaves it out without
-- a word. A text that says nothing has NULL instead, so the columns refuse zero. (The price: 0.1 ms
-- for an UPDATE of a row in which all eight are filled.)

CREATE EXTENSION IF NOT EXISTS vector;

ALTER TABLE film
  ADD COLUMN embedding_lexical   vector(512)  CHECK (vector_norm(embedding_lexical) > 0),
  ADD COLUMN embedding_minilm    vector(384)  CHECK (vector_norm(embedding_minilm) > 0),
  ADD COLUMN embedding_gte       vector(1024) CHECK (vector_norm(embedding_gte) > 0),
  ADD COLUMN embedding_e5_large  vector(1024) CHECK (vector_norm(embedding_e5_large) > 0),
  ADD COLUMN embedding_bge_large vector(1024) CHECK (vector_norm(embedding_bge_large) > 0),
  ADD COLUMN embedding_bart      vector(1024) CHECK (vector_norm(embedding_bart) > 0),
  ADD COLUMN embedding_nomic     vector(768)  CHECK (vector_norm(embedding_nomic) > 0),
  ADD COLUMN embedding_ada002    vector(1536) CHECK (vector_norm(embedding_ada002) > 0);

ALTER TABLE netflix_shows
  ADD COLUMN embedding_lexical   vector(512)  CHECK (vector_norm(embedding_lexical) > 0),
  ADD COLUMN embedding_minilm    vector(384)  CHECK (vector_norm(embedding_minilm) > 0),
  ADD COLUMN embedding_gte       vector(1024) CHECK (vector_norm(embedding_gte) > 0),
  ADD COLUMN embedding_e5_large  vector(1024) CHECK (vector_norm(embedding_e5_large) > 0),
  ADD COLUMN embedding_bge_large vector(1024) CHECK (vector_norm(embedding_bge_large) > 0),
  ADD COLUMN embedding_bart      vector(1024) CHECK (vector_norm(embedding_bart) > 0),
  ADD COLUMN embedding_nomic     vector(768)  CHECK (vector_norm(embedding_nomic) > 0),
  ADD COLUMN embedding_ada002    vector(1536) CHECK (vector_norm(embedding_ada002) > 0);

ALTER TABLE movie
  ADD COLUMN embedding_lexical   vector(512)  CHECK (vector_norm(embedding_lexical) > 0),
  ADD COLUMN embedding_minilm    vector(384)  CHECK (vector_norm(embedding_minilm) > 0),
  ADD COLUMN embedding_gte       vector(1024) CHECK (vector_norm(embedding_gte) > 0),
  ADD COLUMN embedding_e5_large  vector(1024) CHECK (vector_norm(embedding_e5_large) > 0),
  ADD COLUMN embedding_bge_large vector(1024) CHECK (vector_norm(embedding_bge_large) > 0),
  ADD COLUMN embedding_bart      vector(1024) CHECK (vector_norm(embedding_bart) > 0),
  ADD COLUMN embedding_nomic     vector(768)  CHECK (vector_norm(embedding_nomic) > 0),
  ADD COLUMN embedding_ada002    vector(1536) CHECK (vector_norm(embedding_ada002) > 0);

COMMENT ON COLUMN film.embedding_lexical IS
  'Encoder lexical over description; see dbtool.embedding.';
COMMENT ON COLUMN netflix_shows.embedding_lexical IS
  'Encoder lexical over description; see dbtool.embedding.';
COMMENT ON COLUMN movie.embedding_lexical IS 'Encoder lexical over summary; see dbtool.embedding.';

-- migrate:down

-- The extension stays: other tables may use it by now.

ALTER TABLE movie
  DROP COLUMN embedding_lexical,
  DROP COLUMN embedding_minilm,
  DROP COLUMN embedding_gte,
  DROP COLUMN embedding_e5_large,
  DROP COLUMN embedding_bge_large,
  DROP COLUMN embedding_bart,
  DROP COLUMN embedding_nomic,
  DROP COLUMN embedding_ada002;

ALTER TABLE netflix_shows
  DROP COLUMN embedding_lexical,
  DROP COLUMN embedding_minilm,
  DROP COLUMN embedding_gte,
  DROP COLUMN embedding_e5_large,
  DROP COLUMN embedding_bge_large,
  DROP COLUMN embedding_bart,
  DROP COLUMN embedding_nomic,
  DROP COLUMN embedding_ada002;

ALTER TABLE film
  DROP COLUMN embedding_lexical,
  DROP COLUMN embedding_minilm,
  DROP COLUMN embedding_gte,
  DROP COLUMN embedding_e5_large,
  DROP COLUMN embedding_bge_large,
  DROP COLUMN embedding_bart,
  DROP COLUMN embedding_nomic,
  DROP COLUMN embedding_ada002;
