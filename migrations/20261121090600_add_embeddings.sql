-- migrate:up

-- One nullable vector column per encoder, and the registry rows that say what each one holds.
-- No index on them: one that exists while vectors are written makes the writing fifty times
-- slower. The registry names the variant that a column should have; `dbtool index` builds it.
--
-- A zero vector has no direction: its cosine distance is NaN, and an index leaves it out without
-- a word. A text that says nothing has NULL instead, so the columns refuse zero. (The price: 0.1 ms
-- for an UPDATE of a row in which all eight are filled.)

DO $$
BEGIN
  IF to_regclass('dbtool.embedding') IS NULL THEN
    RAISE EXCEPTION 'the table dbtool.embedding is missing'
      USING HINT = 'Apply this folder with dbtool migrate, which makes its registry first.';
  END IF;
END
$$;

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

-- An encoder of the same name that is there already belongs to another table of this database:
-- it is shared.
INSERT INTO dbtool.encoder (name, model, dimension, metric, query_prefix, passage_prefix) VALUES
  ('lexical',   'hashed english lexemes, in SQL',          512, 'cosine', '', ''),
  ('minilm',    'sentence-transformers/all-MiniLM-L6-v2',  384, 'cosine', '', ''),
  ('gte',       'thenlper/gte-large',                     1024, 'cosine', '', ''),
  ('e5_large',  'intfloat/e5-large-v2',                   1024, 'cosine', 'query: ', 'passage: '),
  ('bge_large', 'BAAI/bge-large-en-v1.5',                 1024, 'cosine',
                'Represent this sentence for searching relevant passages: ', ''),
  ('bart',      'facebook/bart-large',                    1024, 'cosine', '', ''),
  ('nomic',     'nomic-ai/nomic-embed-text-v1.5',          768, 'cosine',
                'search_query: ', 'search_document: '),
  ('ada002',    'text-embedding-ada-002',                 1536, 'cosine', '', '')
ON CONFLICT (name) DO NOTHING;

INSERT INTO dbtool.embedding
  (table_schema, table_name, key_column, vector_column, encoder, template)
SELECT
  current_schema(), source.table_name, source.key_column, 'embedding_' || encoder.name,
  encoder.name, source.template
FROM dbtool.encoder
CROSS JOIN (
  VALUES
    ('film',          'film_id',  '{description}'),
    ('netflix_shows', 'show_id',  '{description}'),
    ('movie',         'movie_id', '{summary}')
) AS source (table_name, key_column, template)
WHERE encoder.name IN (
  'lexical', 'minilm', 'gte', 'e5_large', 'bge_large', 'bart', 'nomic', 'ada002'
);

COMMENT ON COLUMN film.embedding_lexical IS
  'Encoder lexical over description; see dbtool.embedding.';
COMMENT ON COLUMN netflix_shows.embedding_lexical IS
  'Encoder lexical over description; see dbtool.embedding.';
COMMENT ON COLUMN movie.embedding_lexical IS 'Encoder lexical over summary; see dbtool.embedding.';

-- migrate:down

-- The extension stays: other tables may use it by now. So do encoders that other tables share.

DELETE FROM dbtool.embedding
WHERE embedding.table_schema = current_schema()
  AND embedding.table_name IN ('film', 'netflix_shows', 'movie');

DELETE FROM dbtool.encoder
WHERE encoder.name IN (
    'lexical', 'minilm', 'gte', 'e5_large', 'bge_large', 'bart', 'nomic', 'ada002'
  )
  AND encoder.name NOT IN (SELECT embedding.encoder FROM dbtool.embedding);

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
