-- migrate:up

-- The registry rows of the embedding columns: the encoders, and which column each fills from which
-- text. They are data and no schema: a baseline of a database whose tables are there ends before
-- this file.

DO $$
BEGIN
  IF to_regclass('dbtool.embedding') IS NULL THEN
    RAISE EXCEPTION 'the table dbtool.embedding is missing'
      USING HINT = 'Apply this folder with dbtool migrate, which makes its registry first.';
  END IF;
END
$$;

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

-- migrate:down

-- Encoders that other tables share stay.

DELETE FROM dbtool.embedding
WHERE embedding.table_schema = current_schema()
  AND embedding.table_name IN ('film', 'netflix_shows', 'movie');

DELETE FROM dbtool.encoder
WHERE encoder.name IN (
    'lexical', 'minilm', 'gte', 'e5_large', 'bge_large', 'bart', 'nomic', 'ada002'
  )
  AND encoder.name NOT IN (SELECT embedding.encoder FROM dbtool.embedding);
