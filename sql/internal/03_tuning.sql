-- How far the index of a column has to be searched for a recall that somebody asked for, as dbtool
-- tune measured it. A row is for one kind of index: with another index it says nothing, and it is
-- there again when that index comes back.

CREATE TABLE IF NOT EXISTS dbtool.tuning (
  embedding_id  bigint           NOT NULL
    REFERENCES dbtool.embedding ON UPDATE CASCADE ON DELETE CASCADE,
  index_variant text             NOT NULL CHECK (index_variant ~ '^[a-z][a-z0-9_]*$'),
  ef_search     integer          CHECK (ef_search BETWEEN 1 AND 1000),
  probes        integer          CHECK (probes >= 1),
  candidates    integer          CHECK (candidates >= 1),
  neighbors     integer          NOT NULL CHECK (neighbors >= 1),
  target_recall double precision NOT NULL CHECK (target_recall > 0 AND target_recall <= 1),
  recall        double precision NOT NULL CHECK (recall >= 0 AND recall <= 1),
  tuned_at      timestamptz      NOT NULL DEFAULT now(),
  PRIMARY KEY (embedding_id, index_variant),
  CHECK (num_nonnulls(ef_search, probes) = 1)
);

COMMENT ON TABLE dbtool.tuning IS
  'How far an index is searched for a recall that was asked for; see dbtool tune.';
COMMENT ON COLUMN dbtool.tuning.index_variant IS
  'The kind of index that it was measured with, as dbtool.embedding has it.';
COMMENT ON COLUMN dbtool.tuning.ef_search IS 'hnsw.ef_search.';
COMMENT ON COLUMN dbtool.tuning.probes IS 'ivfflat.probes.';
COMMENT ON COLUMN dbtool.tuning.candidates IS
  'How many candidates of a halfvec or binary index the vectors themselves rank again.';
COMMENT ON COLUMN dbtool.tuning.neighbors IS
  'How many neighbours were looked for; a search for more is not tuned.';
COMMENT ON COLUMN dbtool.tuning.target_recall IS 'The recall that was asked for.';
COMMENT ON COLUMN dbtool.tuning.recall IS
  'The recall that was measured, with rows that were held out and had no part in the choice.';
