-- The history of migrations: one row per version, written in the transaction of the migration.

CREATE TABLE dbtool.schema_history (
  version             text        PRIMARY KEY CHECK (version ~ '^[0-9]+$'),
  name                text        NOT NULL,
  checksum            text        NOT NULL CHECK (checksum ~ '^[0-9a-f]{64}$'),
  applied_at          timestamptz NOT NULL,
  applied_by          text        NOT NULL DEFAULT session_user,
  duration            interval    NOT NULL DEFAULT '0',
  state               text        NOT NULL
    CHECK (state IN ('applied', 'baselined', 'applying', 'reverting')),
  statements_done     integer     CHECK (statements_done >= 0),
  statements_checksum text        CHECK (statements_checksum ~ '^[0-9a-f]{64}$'),
  failure             text,
  CHECK ((state IN ('applying', 'reverting')) = (statements_done IS NOT NULL))
);

COMMENT ON TABLE dbtool.schema_history IS 'The migrations that ran in this database.';
COMMENT ON COLUMN dbtool.schema_history.name IS 'The name of the file.';
COMMENT ON COLUMN dbtool.schema_history.checksum IS 'SHA-256 of the file, line ends as in Unix.';
COMMENT ON COLUMN dbtool.schema_history.state IS
  'baselined: taken as applied; applying, reverting: begun without a transaction, not at its end.';
COMMENT ON COLUMN dbtool.schema_history.statements_done IS
  'How many statements of an unfinished section have committed.';
COMMENT ON COLUMN dbtool.schema_history.statements_checksum IS 'SHA-256 of these statements.';
COMMENT ON COLUMN dbtool.schema_history.failure IS
  'What the server said to the next statement; NULL where the run was cut off.';
