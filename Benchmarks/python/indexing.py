"""`dbtool index use` of 50,000 vectors as a whole process, against psql building the same index by hand."""

from paired import Goal, compare
from vectors import clustered, store

ROWS = 50_000


def run(bench):
    bench.server.create("indexing")
    with bench.server.connect("indexing") as connection:
        bench.say(f"{ROWS:,} rows; each index is dropped when its time is taken")
        store(connection, "item", clustered(ROWS, seed=2))
        connection.execute("ALTER TABLE item ADD PRIMARY KEY (id)")
        connection.execute("VACUUM ANALYZE item")
    change = [bench.dbtool, "index", "use"]
    place = ["--table", "item", "--encoder", "embedding"]
    statement = ("CREATE INDEX CONCURRENTLY by_hand ON item USING hnsw (embedding vector_cosine_ops) "
                 "WITH (m = 16, ef_construction = 64)")
    psql = [bench.psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c"]

    def built(command, undo):
        seconds = bench.spawn(command, "indexing").seconds
        valid = bench.spawn([*psql, "SELECT amname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
                             "JOIN pg_am ON pg_am.oid = relam WHERE indisvalid AND NOT indisprimary "
                             "AND indrelid = 'item'::regclass"], "indexing").output.strip()
        bench.spawn(undo, "indexing")
        return seconds, valid

    def ours(_):
        return built([*change, "hnsw", *place], [*change, "exact", *place])

    def by_hand(_):
        return built([*psql, statement], [*psql, "DROP INDEX by_hand"])

    yield compare(
        "index use", "the whole process, 50,000 vectors; psql running CREATE INDEX CONCURRENTLY",
        ours, by_hand, Goal("at most", 1.15), bench.rounds(15), "s")
