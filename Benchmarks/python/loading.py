"""Loading vectors by binary COPY: PQClient against psycopg 3 with pgvector-python."""

import pathlib
import sys

from paired import Goal, compare
from processes import Worker
from vectors import DIMENSION, clustered

ROWS = 100_000
CONTENT = """
    SELECT count(*), md5(string_agg(id::text || md5(vector_send(embedding)), ',' ORDER BY id))
    FROM item
"""


def run(bench):
    bench.server.create("loading")
    path = bench.scratch / "vectors"
    clustered(ROWS, seed=4).tofile(path)
    with bench.server.connect("loading") as connection:
        connection.execute("CREATE EXTENSION vector")
        connection.execute(f"CREATE TABLE item (id integer, embedding vector({DIMENSION}))")
        uri = bench.server.uri("loading")
        ours = Worker(bench.program("ClientWorker"), "load", uri, path, DIMENSION)
        psycopg = Worker(sys.executable, pathlib.Path(__file__).with_name("psycopg_worker.py"),
                         uri, path, DIMENSION)

        def load(worker):
            def once(number):
                connection.execute("TRUNCATE item")
                connection.execute("CHECKPOINT")
                seconds, answer = worker.run()
                # The digest takes longer than the loading; a few rounds are enough.
                content = connection.execute(CONTENT).fetchone() if number < 2 else None
                return seconds, (answer, content)
            return once

        yield compare(
            "load vectors", "PQClient's binary COPY; psycopg 3 and pgvector-python, set_types",
            load(ours), load(psycopg), Goal("at least", 1.3), bench.rounds(21), "rows/s", ROWS)
        ours.close()
        psycopg.close()
