-- The schema that dbtool keeps for itself, and which files of this folder it has received. A file is
-- never edited once released: a later version of dbtool adds files, and each runs once per database.
-- CREATE SCHEMA IF NOT EXISTS asks for the right to create even where the schema exists, hence the
-- block: a role without that right can work in a schema that was made for it.

DO $$
BEGIN
  IF pg_catalog.to_regnamespace('dbtool') IS NULL THEN
    CREATE SCHEMA dbtool;
    COMMENT ON SCHEMA dbtool IS 'What dbtool remembers: migrations, encoders, embeddings.';
  END IF;
END
$$;

CREATE TABLE IF NOT EXISTS dbtool.internal_version (
  file         text        PRIMARY KEY,
  installed_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE dbtool.internal_version IS 'The parts of this schema that are installed.';
