-- The lexical encoder: text to vector in SQL alone.
--
-- A text is the set of its English lexemes, each weighing (1 + ln tf) * idf. The weights are put
-- into 512 buckets by signed feature hashing (Weinberger, Dasgupta, Langford, Smola, Attenberg:
-- "Feature Hashing for Large Scale Multitask Learning", ICML 2009, arXiv:0902.2206): the MD5 of a
-- lexeme names its bucket and its sign, so that collisions cancel on average instead of adding up.
-- The result has unit length. A text without lexemes, or one whose weights cancel, has no vector.
--
-- idf is counted once, over every text of every table that has a lexical embedding, and then
-- frozen: vectors are comparable only when they were made with the same weights. New rows and
-- queries use it as it is, lexemes that it does not know weigh as much as the rarest known one.
-- dbtool.lexical_fit(refit => true) counts anew, and raises the encoder's revision, which makes
-- every row stale.
--
-- Needs pgvector, whose schema must be on the search_path while this script runs. Not later:
-- bodies that name its types are BEGIN ATOMIC, whose names are resolved now.

CREATE TABLE IF NOT EXISTS dbtool.lexical_corpus (
  encoder        text        PRIMARY KEY DEFAULT 'lexical' CHECK (encoder = 'lexical')
    REFERENCES dbtool.encoder ON DELETE CASCADE,
  documents      bigint      NOT NULL,
  max_idf        float8      NOT NULL,
  server_version integer     NOT NULL DEFAULT current_setting('server_version_num')::integer,
  fitted_at      timestamptz NOT NULL DEFAULT now()
);

-- "C" is the collation that no upgrade of an operating system changes.
CREATE TABLE IF NOT EXISTS dbtool.lexical_idf (
  lexeme    text COLLATE "C" PRIMARY KEY,
  documents bigint   NOT NULL,
  idf       float8   NOT NULL,
  bucket    smallint NOT NULL,
  sign      smallint NOT NULL
);

COMMENT ON TABLE dbtool.lexical_corpus IS 'What idf was counted over; one row once it is frozen.';
COMMENT ON COLUMN dbtool.lexical_corpus.documents IS 'Texts counted, over all tables.';
COMMENT ON COLUMN dbtool.lexical_corpus.max_idf IS 'The weight of a lexeme that is not known.';
COMMENT ON COLUMN dbtool.lexical_corpus.server_version IS
  'Which server stemmed them: a few words stem differently from one major version to the next.';
COMMENT ON TABLE dbtool.lexical_idf IS 'The known lexemes with their frozen weights.';
COMMENT ON COLUMN dbtool.lexical_idf.documents IS 'Texts that contain the lexeme.';
COMMENT ON COLUMN dbtool.lexical_idf.idf IS
  'ln((1 + all texts) / (1 + texts with the lexeme)) + 1.';
COMMENT ON COLUMN dbtool.lexical_idf.bucket IS 'dbtool.lexical_bucket, kept because MD5 is slow.';

INSERT INTO dbtool.encoder (name, source, model, dimension)
VALUES ('lexical', 'sql', 'hashed english lexemes', 512)
ON CONFLICT (name) DO NOTHING;

CREATE OR REPLACE FUNCTION dbtool.lexical_bucket(lexeme text) RETURNS smallint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (('x' || left(md5(lexeme), 8))::bit(32)::integer & 511) + 1;

CREATE OR REPLACE FUNCTION dbtool.lexical_sign(lexeme text) RETURNS smallint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ('x' || right(md5(lexeme), 1))::bit(4)::integer % 2 * 2 - 1;

-- A tsvector ends at a megabyte; 100,000 characters always fit.
CREATE OR REPLACE FUNCTION dbtool.lexical_lexemes(content text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('pg_catalog.english', left(content, 100000));

-- One row per lexeme. Weights are integers (in steps of 2^-20): their sum does not depend on the
-- order of the rows, so one text alone and the same text among thousands get the same bits.
-- The planner inlines this function, so it costs a join and not a call per text.
CREATE OR REPLACE FUNCTION dbtool.lexical_terms(content text)
RETURNS TABLE (bucket integer, weight integer)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT
    coalesce(known.bucket, dbtool.lexical_bucket(term.lexeme)),
    coalesce(known.sign, dbtool.lexical_sign(term.lexeme)) * round(
      (1 + ln(cardinality(term.positions)))
      * coalesce(known.idf, (SELECT lexical_corpus.max_idf FROM dbtool.lexical_corpus))
      * 1048576
    )::integer
  FROM unnest(dbtool.lexical_lexemes(content)) AS term
  LEFT JOIN dbtool.lexical_idf AS known ON known.lexeme = term.lexeme COLLATE "C";
END;

-- From '3:1048576,17:-2097152' to a unit vector. Through sparsevec, because a description has some
-- fifteen lexemes: 512 rows per text for array_agg take sixty times as long (8,807 texts: 4.4 s
-- against 0.07 s).
CREATE OR REPLACE FUNCTION dbtool.lexical_vector(components text) RETURNS vector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN l2_normalize(('{' || components || '}/512')::sparsevec::vector);

CREATE OR REPLACE FUNCTION dbtool.lexical_embed(content text) RETURNS vector
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT dbtool.lexical_vector(string_agg(component.bucket || ':' || component.weight, ','))
  FROM (
    SELECT term.bucket, sum(term.weight) AS weight
    FROM dbtool.lexical_terms(content) AS term
    GROUP BY term.bucket
  ) AS component
  WHERE component.weight <> 0;
END;

-- Counts idf and freezes it; does nothing when that was done before, unless it is to be done anew.
-- Nothing is frozen while there is no text. ts_stat counts in C, in three quarters of the time that
-- GROUP BY over unnest takes.
CREATE OR REPLACE FUNCTION dbtool.lexical_fit(refit boolean DEFAULT false)
RETURNS TABLE (fitted boolean, revision integer, documents bigint, lexemes bigint)
LANGUAGE plpgsql
AS $$
DECLARE
  was_fitted boolean;
  texts      text;
BEGIN
  LOCK TABLE dbtool.lexical_corpus IN SHARE ROW EXCLUSIVE MODE;
  was_fitted := EXISTS (SELECT FROM dbtool.lexical_corpus);
  fitted := refit OR NOT was_fitted;

  IF fitted THEN
    SELECT string_agg(
      format('SELECT item.content FROM (%s) AS item', dbtool.embedding_rows(e.embedding_id)),
      E'\nUNION ALL\n'
    )
    INTO texts
    FROM dbtool.embedding AS e
    WHERE e.encoder = 'lexical'
      AND to_regclass(format('%I.%I', e.table_schema, e.table_name)) IS NOT NULL;

    IF texts IS NULL THEN
      fitted := false;
    ELSE
      EXECUTE format('SELECT count(item.content) FROM (%s) AS item', texts) INTO documents;
      fitted := documents > 0;
    END IF;
  END IF;

  IF fitted THEN
    DELETE FROM dbtool.lexical_idf;
    INSERT INTO dbtool.lexical_idf (lexeme, documents, idf, bucket, sign)
    SELECT
      stat.word, stat.ndoc, ln((1.0 + lexical_fit.documents) / (1.0 + stat.ndoc)) + 1,
      dbtool.lexical_bucket(stat.word), dbtool.lexical_sign(stat.word)
    FROM ts_stat(
      format('SELECT dbtool.lexical_lexemes(item.content) FROM (%s) AS item', texts)
    ) AS stat;

    DELETE FROM dbtool.lexical_corpus;
    INSERT INTO dbtool.lexical_corpus (documents, max_idf)
    SELECT lexical_fit.documents, coalesce(max(i.idf), 1)
    FROM dbtool.lexical_idf AS i;

    IF was_fitted THEN
      UPDATE dbtool.encoder AS e SET revision = e.revision + 1 WHERE e.name = 'lexical';
    END IF;
  END IF;

  SELECT c.documents INTO documents FROM dbtool.lexical_corpus AS c;
  SELECT count(*) INTO lexemes FROM dbtool.lexical_idf;
  SELECT e.revision INTO revision FROM dbtool.encoder AS e WHERE e.name = 'lexical';
  RETURN NEXT;
END
$$;

-- The statement that brings one batch of rows up to date, in the order of their keys:
-- $1 is the last key of the batch before (text, NULL at the beginning), $2 the number of rows.
-- It answers with rows looked at, vectors written, rows that have no vector because there is
-- nothing to embed, and the last key: run it until it has looked at no row.
CREATE OR REPLACE FUNCTION dbtool.lexical_statement(embedding_id bigint) RETURNS text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
  job    dbtool.embedding;
  side   boolean;
  target text;
  key    text;
BEGIN
  SELECT e.* INTO job
  FROM dbtool.embedding AS e
  WHERE e.embedding_id = lexical_statement.embedding_id AND e.encoder = 'lexical';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no lexical embedding has the number %', embedding_id
      USING ERRCODE = 'no_data_found', HINT = 'See the table dbtool.embedding.';
  END IF;

  side := job.vector_table IS NOT NULL;
  target := format(
    '%I.%I',
    coalesce(job.vector_schema, job.table_schema), coalesce(job.vector_table, job.table_name)
  );
  key := coalesce(job.vector_key, job.key_column);

  RETURN concat_ws(E'\n',
    'WITH job AS MATERIALIZED (',
    '  SELECT embedding.embedding_id, encoder.revision',
    '  FROM dbtool.embedding',
    '  JOIN dbtool.encoder ON encoder.name = embedding.encoder',
    format('  WHERE embedding.embedding_id = %s', job.embedding_id),
    '  FOR NO KEY UPDATE OF embedding',
    '),',
    'batch AS MATERIALIZED (',
    '  SELECT item.key, item.content, item.missing, dbtool.text_hash(item.content) AS text_hash',
    format('  FROM (%s) AS item', dbtool.embedding_rows(job.embedding_id)),
    format(
      '  WHERE $1::text IS NULL OR item.key > $1::text::%s',
      dbtool.embedding_key_type(job.embedding_id)
    ),
    '  ORDER BY item.key',
    '  LIMIT $2::bigint',
    '),',
    'pending AS MATERIALIZED (',
    '  SELECT batch.key, batch.content, batch.missing, batch.text_hash, job.revision',
    '  FROM batch',
    '  CROSS JOIN job',
    '  LEFT JOIN dbtool.embedding_state AS state',
    '    ON state.embedding_id = job.embedding_id AND state.row_key = batch.key::text',
    '  WHERE batch.missing',
    '    OR state.text_hash IS DISTINCT FROM batch.text_hash',
    '    OR state.revision IS DISTINCT FROM job.revision',
    '),',
    'vectors AS MATERIALIZED (',
    '  SELECT',
    '    component.key,',
    '    dbtool.lexical_vector(string_agg(component.bucket || '':'' || component.weight, '',''))',
    '      AS embedding',
    '  FROM (',
    '    SELECT pending.key, term.bucket, sum(term.weight) AS weight',
    '    FROM pending',
    '    CROSS JOIN LATERAL dbtool.lexical_terms(pending.content) AS term',
    '    GROUP BY pending.key, term.bucket',
    '  ) AS component',
    '  WHERE component.weight <> 0',
    '  GROUP BY component.key',
    '),',
    'written AS (',
    CASE WHEN side THEN concat_ws(E'\n',
      format('  INSERT INTO %s AS target (%I, %I)', target, key, job.vector_column),
      '  SELECT vectors.key, vectors.embedding FROM vectors',
      format('  ON CONFLICT (%I) DO UPDATE SET %I = EXCLUDED.%2$I', key, job.vector_column)
    ) ELSE concat_ws(E'\n',
      format('  UPDATE %s AS target', target),
      format('  SET %I = vectors.embedding', job.vector_column),
      '  FROM vectors',
      format('  WHERE target.%I = vectors.key', key)
    ) END,
    format('  RETURNING target.%I AS key', key),
    '),',
    'cleared AS (',
    CASE WHEN side THEN concat_ws(E'\n',
      format('  DELETE FROM %s AS target', target),
      '  USING pending'
    ) ELSE concat_ws(E'\n',
      format('  UPDATE %s AS target', target),
      format('  SET %I = NULL', job.vector_column),
      '  FROM pending'
    ) END,
    format('  WHERE target.%I = pending.key', key),
    '    AND NOT pending.missing',
    '    AND pending.key NOT IN (SELECT vectors.key FROM vectors)',
    format('  RETURNING target.%I AS key', key),
    '),',
    'recorded AS (',
    '  INSERT INTO dbtool.embedding_state (embedding_id, row_key, text_hash, revision)',
    '  SELECT job.embedding_id, pending.key::text, pending.text_hash, pending.revision',
    '  FROM pending JOIN written ON written.key = pending.key CROSS JOIN job',
    '  ON CONFLICT (embedding_id, row_key) DO UPDATE',
    '  SET text_hash = EXCLUDED.text_hash, revision = EXCLUDED.revision, embedded_at = now()',
    '),',
    'forgotten AS (',
    '  DELETE FROM dbtool.embedding_state AS state',
    '  USING cleared, job',
    '  WHERE state.embedding_id = job.embedding_id AND state.row_key = cleared.key::text',
    ')',
    'SELECT',
    '  (SELECT count(*) FROM batch) AS scanned,',
    '  (SELECT count(*) FROM written) AS embedded,',
    '  (SELECT count(*) FROM pending WHERE key NOT IN (SELECT key FROM vectors)) AS textless,',
    '  (SELECT key::text FROM batch ORDER BY batch.key DESC LIMIT 1) AS last_key'
  );
END
$$;

-- The same from psql: SELECT * FROM dbtool.lexical_batch(1).
CREATE OR REPLACE FUNCTION dbtool.lexical_batch(
  embedding_id bigint,
  after_key text DEFAULT NULL,
  batch_size bigint DEFAULT 10000
)
RETURNS TABLE (scanned bigint, embedded bigint, textless bigint, last_key text)
LANGUAGE plpgsql
AS $$
BEGIN
  RETURN QUERY EXECUTE dbtool.lexical_statement(embedding_id) USING after_key, batch_size;
END
$$;

COMMENT ON FUNCTION dbtool.lexical_bucket(text) IS 'Where a lexeme goes: 1 to 512.';
COMMENT ON FUNCTION dbtool.lexical_sign(text) IS '1 or -1.';
COMMENT ON FUNCTION dbtool.lexical_lexemes(text) IS 'The lexemes of a text.';
COMMENT ON FUNCTION dbtool.lexical_terms(text) IS 'The weighted lexemes of a text, by bucket.';
COMMENT ON FUNCTION dbtool.lexical_vector(text) IS 'A unit vector from bucket:weight pairs.';
COMMENT ON FUNCTION dbtool.lexical_embed(text) IS
  'The lexical vector of a text; NULL when it has no lexemes or idf was not counted yet.';
COMMENT ON FUNCTION dbtool.lexical_fit(boolean) IS 'Counts and freezes idf.';
COMMENT ON FUNCTION dbtool.lexical_statement(bigint) IS
  'The statement that embeds one batch of rows of a lexical embedding.';
COMMENT ON FUNCTION dbtool.lexical_batch(bigint, text, bigint) IS
  'Embeds one batch of rows of a lexical embedding.';
