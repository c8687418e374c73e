-- The registry: which encoders there are, which columns they fill from which text, and what is
-- up to date. It needs no pgvector and no superuser. Names, not OIDs, point at tables, so that the
-- rows survive a dump and a restore; a row whose table is gone says so when it is used.

CREATE TABLE IF NOT EXISTS dbtool.encoder (
  name           text    PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_]*$'),
  source         text    NOT NULL CHECK (source IN ('sql', 'bert', 'ollama', 'openai', 'file')),
  model          text    NOT NULL,
  url            text,
  dimension      integer NOT NULL CHECK (dimension BETWEEN 1 AND 16000),
  metric         text    NOT NULL DEFAULT 'cosine' CHECK (metric IN ('cosine', 'l2', 'ip', 'l1')),
  query_prefix   text    NOT NULL DEFAULT '',
  passage_prefix text    NOT NULL DEFAULT '',
  revision       integer NOT NULL DEFAULT 1 CHECK (revision >= 1)
);

CREATE TABLE IF NOT EXISTS dbtool.embedding (
  embedding_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  table_schema  text   NOT NULL,
  table_name    text   NOT NULL,
  key_column    text   NOT NULL,
  vector_schema text,
  vector_table  text,
  vector_key    text,
  vector_column text   NOT NULL,
  encoder       text   NOT NULL REFERENCES dbtool.encoder ON UPDATE CASCADE,
  template      text   NOT NULL CHECK (template ~ '\{[^{}]+\}'),
  template_hash text   NOT NULL GENERATED ALWAYS AS (md5(template)) STORED,
  index_variant text   NOT NULL DEFAULT 'exact' CHECK (index_variant ~ '^[a-z][a-z0-9_]*$'),
  CONSTRAINT embedding_side_table_check
    CHECK (num_nulls(vector_schema, vector_table, vector_key) IN (0, 3))
);

-- A column holds the vectors of one encoder over one text.
CREATE UNIQUE INDEX IF NOT EXISTS embedding_vector_column_key ON dbtool.embedding (
  coalesce(vector_schema, table_schema), coalesce(vector_table, table_name), vector_column
);
CREATE INDEX IF NOT EXISTS embedding_encoder_idx ON dbtool.embedding (encoder);

CREATE TABLE IF NOT EXISTS dbtool.embedding_state (
  embedding_id bigint      NOT NULL
    REFERENCES dbtool.embedding ON UPDATE CASCADE ON DELETE CASCADE,
  row_key      text        NOT NULL,
  text_hash    bytea,
  revision     integer     NOT NULL,
  embedded_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (embedding_id, row_key)
);

-- The rows that wait for a vector, which the jobs that make them take from one end.
CREATE INDEX IF NOT EXISTS embedding_state_pending_idx
  ON dbtool.embedding_state (embedding_id, row_key) WHERE text_hash IS NULL;

COMMENT ON TABLE dbtool.encoder IS 'A named model that turns text into vectors.';
COMMENT ON COLUMN dbtool.encoder.source IS
  'What runs the model: SQL, dbtool itself (bert), a server that speaks Ollama''s or OpenAI''s API, or '
  'nothing: its vectors come in files.';
COMMENT ON COLUMN dbtool.encoder.model IS 'The model''s name there.';
COMMENT ON COLUMN dbtool.encoder.url IS
  'The server''s address; NULL for what OLLAMA_HOST or OPENAI_BASE_URL says.';
COMMENT ON COLUMN dbtool.encoder.query_prefix IS 'Put before a text that is searched for.';
COMMENT ON COLUMN dbtool.encoder.passage_prefix IS 'Put before a text that is stored.';
COMMENT ON COLUMN dbtool.encoder.revision IS
  'Raised when the same text would get another vector; rows of an older revision are stale.';
COMMENT ON TABLE dbtool.embedding IS 'A vector column, and the text and encoder that fill it.';
COMMENT ON COLUMN dbtool.embedding.table_name IS 'The table whose rows are embedded.';
COMMENT ON COLUMN dbtool.embedding.key_column IS 'Its unique key, one column.';
COMMENT ON COLUMN dbtool.embedding.vector_table IS
  'A side table for the vectors; NULL when they stand in the table itself.';
COMMENT ON COLUMN dbtool.embedding.vector_key IS
  'The side table''s unique column that holds the key of the embedded row.';
COMMENT ON COLUMN dbtool.embedding.template IS
  'The text of a row: {column} is replaced; see dbtool.template_expression.';
COMMENT ON COLUMN dbtool.embedding.template_hash IS
  'Which template it was, at a glance. What is stale is decided by the text, row by row.';
COMMENT ON COLUMN dbtool.embedding.index_variant IS
  'The index that the column should have once it is filled: exact (none), hnsw, ….';
COMMENT ON TABLE dbtool.embedding_state IS
  'The text that each vector was made from; a row without a text has no row here.';
COMMENT ON COLUMN dbtool.embedding_state.text_hash IS
  'dbtool.text_hash of the text; NULL while the row waits for a vector.';
COMMENT ON COLUMN dbtool.embedding_state.revision IS 'The encoder''s revision at that time.';

CREATE OR REPLACE FUNCTION dbtool.text_hash(content text) RETURNS bytea
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN sha256(convert_to(content, 'UTF8'));

COMMENT ON FUNCTION dbtool.text_hash(text) IS 'Identifies a text that was embedded.';

-- A value as part of a text: an array as its first elements with commas between them, anything else
-- as it is written. NULL for what says nothing.
CREATE OR REPLACE FUNCTION dbtool.field_text(field jsonb, elements integer DEFAULT NULL) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN nullif(
  CASE jsonb_typeof(field)
    WHEN 'array' THEN (
      SELECT string_agg(element.content, ', ' ORDER BY element.place)
      FROM jsonb_array_elements_text(field) WITH ORDINALITY AS element (content, place)
      WHERE element.place <= elements OR elements IS NULL
    )
    ELSE field #>> '{}'
  END,
  ''
);

COMMENT ON FUNCTION dbtool.field_text(jsonb, integer) IS 'A value as part of a text to embed.';

-- The text, if there is anything to see in it.
CREATE OR REPLACE FUNCTION dbtool.visible_text(content text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN content ~ '[^[:space:][:cntrl:]]' THEN content END;

COMMENT ON FUNCTION dbtool.visible_text(text) IS 'The text, or NULL where it is blank.';

-- A template as an SQL expression over the columns of a row called "source". Names become quoted
-- identifiers and everything else quoted literals, so a template cannot be more than text:
--
--   {description}                 the column as text
--   {cast:5}                      the first five elements of an array, or all of fewer
--   {title}[ ({year})][: {plot}]  what stands in brackets vanishes when a column in it has nothing
--   {{ }} [[ ]]                   braces and brackets themselves
--
-- NULL when every column has nothing, or the text is blank. A function over the row type, as
-- mean_price(product), can be named like a column.
CREATE OR REPLACE FUNCTION dbtool.template_expression(template text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  piece     text;
  field     text[];
  in_group  boolean := false;
  fields    text[]  := '{}';
  pieces    text[]  := '{}';
  -- Of the group at hand.
  inner_fields text[];
  inner_pieces text[];
BEGIN
  -- Columns, doubled signs, runs of other characters; a sign alone opens or closes something.
  FOR piece IN
    SELECT match[1]
    FROM regexp_matches(
      template, '(\{\{|\}\}|\[\[|\]\]|\{[^{}]+\}|[^][{}]+|.)', 'g'
    ) AS match
  LOOP
    IF piece = '[' AND NOT in_group THEN
      in_group := true;
      inner_fields := '{}';
      inner_pieces := '{}';
      CONTINUE;
    ELSIF piece = ']' AND in_group THEN
      in_group := false;
      IF cardinality(inner_fields) > 0 THEN
        pieces := pieces || format(
          'CASE WHEN num_nulls(%s) = 0 THEN concat(%s) END',
          array_to_string(inner_fields, ', '), array_to_string(inner_pieces, ', ')
        );
      END IF;
      CONTINUE;
    ELSIF piece IN ('{', '}', '[', ']') THEN
      RAISE EXCEPTION 'a % without its partner in the template %', piece, quote_literal(template)
        USING ERRCODE = 'invalid_parameter_value',
          HINT = 'Write {{, }}, [[ or ]] for the sign itself.';
    END IF;

    IF piece IN ('{{', '}}', '[[', ']]') THEN
      piece := quote_literal(left(piece, 1));
    ELSIF piece LIKE '{%}' THEN
      field := regexp_match(piece, '^\{(.+?)(?::([1-9][0-9]{0,3}))?\}$');
      piece := format(
        'dbtool.field_text(to_jsonb(source.%I)%s)', field[1], ', ' || field[2]
      );
      fields := fields || piece;
      inner_fields := inner_fields || piece;
    ELSE
      piece := quote_literal(piece);
    END IF;
    IF in_group THEN
      inner_pieces := inner_pieces || piece;
    ELSE
      pieces := pieces || piece;
    END IF;
  END LOOP;

  IF in_group THEN
    RAISE EXCEPTION 'a [ without its partner in the template %', quote_literal(template)
      USING ERRCODE = 'invalid_parameter_value',
        HINT = 'Write {{, }}, [[ or ]] for the sign itself.';
  END IF;
  IF cardinality(fields) = 0 THEN
    RAISE EXCEPTION 'no {column} in the template %', quote_literal(template)
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF cardinality(pieces) = 1 AND pieces[1] = fields[1] THEN
    RETURN format('dbtool.visible_text(%s)', pieces[1]);
  END IF;
  RETURN format(
    'dbtool.visible_text(CASE WHEN num_nonnulls(%s) > 0 THEN concat(%s) END)',
    array_to_string(fields, ', '), array_to_string(pieces, ', ')
  );
END
$$;

COMMENT ON FUNCTION dbtool.template_expression(text) IS
  'A text template as an SQL expression over the columns of a row called source.';

-- The rows of an embedding as a query with the columns key, content (the text; NULL when there is
-- none) and missing (whether there is no vector yet). The jobs that embed are written around it.
CREATE OR REPLACE FUNCTION dbtool.embedding_rows(embedding_id bigint) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN (
  SELECT
    CASE
      WHEN e.vector_table IS NULL THEN format(
        'SELECT source.%I AS key, %s AS content, source.%I IS NULL AS missing'
          ' FROM %I.%I AS source WHERE source.%1$I IS NOT NULL',
        e.key_column, dbtool.template_expression(e.template), e.vector_column,
        e.table_schema, e.table_name
      )
      ELSE format(
        'SELECT source.%I AS key, %s AS content, side.%I IS NULL AS missing'
          ' FROM %I.%I AS source LEFT JOIN %I.%I AS side ON side.%I = source.%1$I'
          ' WHERE source.%1$I IS NOT NULL',
        e.key_column, dbtool.template_expression(e.template), e.vector_column,
        e.table_schema, e.table_name, e.vector_schema, e.vector_table, e.vector_key
      )
    END
  FROM dbtool.embedding AS e
  WHERE e.embedding_id = embedding_rows.embedding_id
);

CREATE OR REPLACE FUNCTION dbtool.embedding_key_type(embedding_id bigint) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN (
  SELECT format_type(pg_attribute.atttypid, pg_attribute.atttypmod)
  FROM dbtool.embedding AS e
  JOIN pg_attribute
    ON pg_attribute.attrelid = to_regclass(format('%I.%I', e.table_schema, e.table_name))
    AND pg_attribute.attname = e.key_column
  WHERE e.embedding_id = embedding_key_type.embedding_id
);

-- Rows that are gone leave their state behind, and their vectors in a side table; this forgets both,
-- and says how many rows there were. A vector that stayed would be taken for that of the next row
-- with the same key.
CREATE OR REPLACE FUNCTION dbtool.forget_deleted_rows(embedding_id bigint) RETURNS bigint
LANGUAGE plpgsql STRICT
AS $$
DECLARE
  forget    text;
  forgotten bigint;
BEGIN
  SELECT format(
    'WITH forgotten AS ('
      'DELETE FROM dbtool.embedding_state AS state'
      ' WHERE state.embedding_id = $1 AND NOT EXISTS'
      ' (SELECT FROM (%s) AS item WHERE item.key::text = state.row_key)'
      ' RETURNING state.row_key)',
    dbtool.embedding_rows(e.embedding_id)
  )
  || CASE
    WHEN e.vector_table IS NULL THEN ''
    WHEN EXISTS (
      SELECT FROM pg_attribute
      WHERE attrelid = to_regclass(format('%I.%I', e.vector_schema, e.vector_table))
        AND attname = e.vector_column AND attnotnull
    ) THEN format(
      ', cleared AS (DELETE FROM %I.%I AS side USING forgotten'
        ' WHERE side.%I = forgotten.row_key::%s)',
      e.vector_schema, e.vector_table, e.vector_key, dbtool.embedding_key_type(e.embedding_id)
    )
    ELSE format(
      ', cleared AS (UPDATE %I.%I AS side SET %I = NULL FROM forgotten'
        ' WHERE side.%I = forgotten.row_key::%s)',
      e.vector_schema, e.vector_table, e.vector_column, e.vector_key,
      dbtool.embedding_key_type(e.embedding_id)
    )
  END
  || ' SELECT count(*) FROM forgotten'
  INTO forget
  FROM dbtool.embedding AS e
  WHERE e.embedding_id = forget_deleted_rows.embedding_id;

  IF forget IS NULL THEN
    RAISE EXCEPTION 'no embedding has the number %', embedding_id
      USING ERRCODE = 'no_data_found', HINT = 'See the table dbtool.embedding.';
  END IF;
  EXECUTE forget INTO forgotten USING embedding_id;
  RETURN forgotten;
END
$$;

COMMENT ON FUNCTION dbtool.embedding_rows(bigint) IS
  'The rows of an embedding as a query: key, content, missing.';
COMMENT ON FUNCTION dbtool.embedding_key_type(bigint) IS 'The type of an embedding''s key column.';
COMMENT ON FUNCTION dbtool.forget_deleted_rows(bigint) IS
  'Deletes the state of rows that are no longer there, and their vectors in a side table.';
