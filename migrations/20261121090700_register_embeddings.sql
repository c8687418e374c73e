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
INSERT INTO dbtool.encoder (name, source, model, dimension, query_prefix, passage_prefix) VALUES
  ('lexical',   'sql',    'hashed english lexemes',                  512, '', ''),
  ('minilm',    'bert',   'sentence-transformers/all-MiniLM-L6-v2',  384, '', ''),
  ('gte',       'bert',   'thenlper/gte-large',                     1024, '', ''),
  ('e5_large',  'bert',   'intfloat/e5-large-v2',                   1024, 'query: ', 'passage: '),
  ('bge_large', 'bert',   'BAAI/bge-large-en-v1.5',                 1024,
                          'Represent this sentence for searching relevant passages: ', ''),
  ('bart',      'file',   'facebook/bart-large',                    1024, '', ''),
  ('nomic',     'ollama', 'nomic-embed-text',                        768,
                          'search_query: ', 'search_document: '),
  ('ada002',    'openai', 'text-embedding-ada-002',                 1536, '', ''),
  -- These have no column yet: dbtool encoder add makes one.
  ('mpnet',     'openai', 'sentence-transformers/all-mpnet-base-v2', 768, '', ''),
  ('multi_qa',  'openai', 'sentence-transformers/multi-qa-mpnet-base-cos-v1', 768, '', ''),
  ('roberta',   'openai', 'sentence-transformers/all-roberta-large-v1', 1024, '', '')
ON CONFLICT (name) DO NOTHING;

-- DVDRental's films and the shows have a description, the one field that both share in kind. A movie
-- has more to say.
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
    (
      'movie', 'movie_id',
      '{title}[ ({year})][. Genres: {genres}][. Cast: {cast:5}][. Language: {language}]'
        '[. Rating: {mean_rating}][. {summary}]'
    )
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
    'lexical', 'minilm', 'gte', 'e5_large', 'bge_large', 'bart', 'nomic', 'ada002', 'mpnet',
    'multi_qa', 'roberta'
  )
  AND encoder.name NOT IN (SELECT embedding.encoder FROM dbtool.embedding);
