-- migrate:up

ALTER TABLE shop."Product Items"
  ADD COLUMN meaning vector(384) CHECK (vector_norm(meaning) > 0);

INSERT INTO dbtool.encoder (name, source, model, dimension, metric)
VALUES ('words', 'bert', 'sentence-transformers/all-MiniLM-L6-v2', 384, 'cosine');

INSERT INTO dbtool.embedding
  (table_schema, table_name, key_column, vector_schema, vector_table, vector_key, vector_column,
   encoder, template)
VALUES
  ('shop', 'Product Items', 'id', NULL, NULL, NULL, 'meaning', 'words', '{Name}[: {Long Text}]'),
  ('public', 'chunk', 'chunk_id', 'public', 'chunk_vector', 'chunk_id', 'embedding', 'words', '{body}');

-- migrate:down

DELETE FROM dbtool.embedding WHERE encoder = 'words';
DELETE FROM dbtool.encoder WHERE name = 'words';
ALTER TABLE shop."Product Items" DROP COLUMN meaning;
