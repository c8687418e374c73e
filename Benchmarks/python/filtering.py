"""A search whose filter leaves one row in a hundred: what dbtool runs, against the btree path by hand."""

import json

from paired import Goal, compare
from vectors import clustered, store

ROWS = 50_000
GROUPS = 100
LIMIT = 10


def run(bench):
    bench.server.create("filtering")
    with bench.server.connect("filtering") as connection:
        bench.say(f"{ROWS:,} rows with an HNSW index, and a btree on what is filtered by")
        store(connection, "item", clustered(ROWS, seed=2))
        connection.execute("ALTER TABLE item ADD PRIMARY KEY (id)")
        connection.execute(f"ALTER TABLE item ADD COLUMN part integer")
        connection.execute(f"UPDATE item SET part = hashint4(id) & 1023")
        connection.execute(f"UPDATE item SET part = part % {GROUPS}")
        connection.execute("CREATE INDEX ON item (part)")
        connection.execute("CREATE INDEX ON item USING hnsw (embedding vector_cosine_ops)")
        connection.execute("VACUUM FULL ANALYZE item")
    similar = [bench.dbtool, "similar", "7", "--table", "item", "--where", "part = 7",
               "--limit", str(LIMIT), "--exact"]
    exact = ids(bench.spawn([*similar, "--format", "json"], "filtering").output)
    plain = bench.spawn([*similar[:-1], "--format", "json"], "filtering").output
    if ids(plain) != exact or not json.loads(plain)["complete"]:
        raise SystemExit(f"bench: filtering: recall is not full: {ids(plain)}, exact {exact}")
    script = bench.spawn([*similar[:-1], "--show-sql"], "filtering").output
    text = script[script.index("AS\n") + 3:script.index(";\nEXECUTE")]
    statement = text.replace("$1", "%(id)s").replace("$2", "%(part)s")
    settings = [line.rstrip(";") for line in script.splitlines() if line.startswith("SET LOCAL")]
    connection = bench.server.connect("filtering")
    estimate = "EXPLAIN (FORMAT JSON) SELECT FROM item WHERE item.part = %s"
    by_hand = f"""
        SELECT id FROM item
        WHERE part = %(part)s AND id <> %(id)s
        ORDER BY embedding <=> (SELECT embedding FROM item WHERE id = %(id)s), id LIMIT {LIMIT}
    """

    def ours(number):
        values = {"id": 1 + number * 997 % ROWS, "part": number % GROUPS}
        with timed() as clock:
            connection.execute(estimate, [values["part"]]).fetchone()
            with connection.pipeline(), connection.transaction():
                for setting in settings:
                    connection.execute(setting)
                cursor = connection.execute(statement, values)
            rows = cursor.fetchall()
        return clock.seconds, [row[0] for row in rows]

    def hand(number):
        values = {"id": 1 + number * 997 % ROWS, "part": number % GROUPS}
        with timed() as clock:
            rows = connection.execute(by_hand, values).fetchall()
        return clock.seconds, [row[0] for row in rows]

    yield compare(
        "filtered to 1 %", "EXPLAIN of the filter, settings and statement; the btree path by hand",
        ours, hand, Goal("plus", 1), bench.rounds(41), "ms")
    connection.close()


def ids(output):
    return [row["id"] for row in json.loads(output)["rows"]]


class timed:
    """`with timed() as clock:`, then `clock.seconds`."""

    def __enter__(self):
        import time
        self._clock = time.perf_counter
        self._start = self._clock()
        return self

    def __exit__(self, *_):
        self.seconds = self._clock() - self._start
