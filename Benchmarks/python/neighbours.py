"""kNN through PQClient, against libpq with nothing around it and against the server alone."""

from paired import Goal, compare
from processes import Worker
from vectors import clustered, store

ROWS = 50_000
QUERIES = 1_000
PER_ROUND = 200


def run(bench):
    bench.server.create("neighbours")
    with bench.server.connect("neighbours") as connection:
        bench.say(f"{ROWS:,} rows with an HNSW index")
        store(connection, "item", clustered(ROWS, seed=2))
        store(connection, "query", clustered(QUERIES, seed=3))
        connection.execute("ALTER TABLE item ADD PRIMARY KEY (id)")
        connection.execute("ALTER TABLE query ADD PRIMARY KEY (id)")
        connection.execute("CREATE INDEX ON item USING hnsw (embedding vector_cosine_ops)")
        connection.execute("VACUUM ANALYZE")
    uri = bench.server.uri("neighbours")
    ours = Worker(bench.program("ClientWorker"), "neighbours", uri)
    libpq = Worker(bench.program("LibPQWorker"), uri)

    def queries(worker, how):
        return lambda number: worker.run(f"{how} {number * PER_ROUND % QUERIES} {PER_ROUND}")

    rounds = bench.rounds(41)
    yield compare(
        "kNN, one by one", "PQClient, prepared and binary; a libpq loop in C with the same bytes",
        queries(ours, "single"), queries(libpq, "single"), Goal("at least", 0.95), rounds,
        "queries/s", PER_ROUND)
    yield compare(
        "kNN, pipelined, C", "PQClient, batches of 100; a libpq pipeline in C with the same bytes",
        queries(ours, "pipeline"), queries(libpq, "pipeline"), Goal("at least", 0.95), rounds,
        "queries/s", PER_ROUND)
    yield compare(
        "kNN, pipelined", "PQClient, batches of 100; one LATERAL statement over the same queries",
        queries(ours, "pipeline"), queries(libpq, "lateral"), Goal("at least", 1.0), rounds,
        "queries/s", PER_ROUND)
    ours.close()
    libpq.close()
