"""A million vectors beside a hundred thousand of the same kind: the median search at the same recall.

`make bench-million`: loads, builds and measures for half an hour and takes 15 GB of disk.
"""

import json
import pathlib
import statistics
import threading
import time

import numpy
from pgvector.psycopg import register_vector

from paired import Goal, measure, outcome
from vectors import DIMENSION

# What a server for so many vectors has; the index of a million takes 2 GB.
SETTINGS = {"shared_buffers": "4GB", "effective_cache_size": "8GB", "maintenance_work_mem": "4GB"}
SIZES = {"small": 100_000, "large": 1_000_000}
RECALL = 0.95
LIMIT = 10
BATCH = 100_000


def run(bench):
    bench.server.create("million")
    settings = {}
    for table, size in SIZES.items():
        with bench.server.connect("million") as connection:
            seconds = load(connection, table, size)
        bench.say(f"{size:,} vectors loaded in {seconds:.0f} s")
        place = ["--table", table, "--encoder", "embedding"]
        with PeakMemory(bench) as memory:
            built = bench.spawn([bench.dbtool, "index", "use", "hnsw", *place,
                                 "--maintenance-work-mem", "4GB"], "million")
        with bench.server.connect("million") as connection:
            index, rows = connection.execute(
                "SELECT pg_size_pretty(pg_relation_size(%s::regclass)), "
                "pg_size_pretty(pg_table_size(%s::regclass))",
                [f"{table}_embedding_hnsw_cosine", table]).fetchone()
        bench.say(f"index built in {built.seconds:.0f} s with {memory.peak / 2**30:.2f} GB; "
                  f"it takes {index}, the table {rows}")
        tuned = bench.spawn([bench.dbtool, "tune", *place, "--target-recall", str(RECALL),
                             "--probes", "300", "--seed", "1", "--format", "json"], "million")
        found = json.loads(tuned.output)
        settings[table] = found["setting"]["ef_search"]
        bench.say(f"tuned in {tuned.seconds:.0f} s: ef_search {settings[table]}, recall "
                  f"{found['recall']:.3f} ({found['recall_low']:.3f} to {found['recall_high']:.3f}), "
                  f"p50 {found['p50_ms']:.2f} ms; exact {found['exact']['p50_ms']:.0f} ms")
    searches = {name: Search(bench, name, settings[name]) for name in SIZES}
    times = measure("million", {"ours": searches["large"], "theirs": searches["small"]},
                    bench.rounds(31))
    yield outcome(
        "a million vectors", f"p50 of a search at recall {RECALL}; 100,000 of the same kind",
        Goal("at most", 2), times["ours"], times["theirs"], "ms")


class Search:
    """The median of fifty searches from rows that are others in each round."""

    def __init__(self, bench, table, ef_search):
        self._connection = bench.server.connect("million")
        self._connection.execute(f"SET hnsw.ef_search = {ef_search}")
        self._sql = (f"SELECT id FROM {table} ORDER BY embedding <=> "
                     f"(SELECT embedding FROM {table} WHERE id = %s) LIMIT {LIMIT + 1}")
        self._size = SIZES[table]

    def __call__(self, number):
        chance = numpy.random.default_rng(number)
        times = []
        for key in chance.integers(1, self._size, 50).tolist():
            start = time.perf_counter()
            rows = self._connection.execute(self._sql, [key]).fetchall()
            times.append(time.perf_counter() - start)
            assert len(rows) == LIMIT + 1
        return statistics.median(times), None


class PeakMemory:
    """The most memory that the server's processes took together, a page that several share counted once."""

    def __init__(self, bench):
        self._bench = bench
        self._done = threading.Event()
        self.peak = 0

    def __enter__(self):
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _watch(self):
        while not self._done.wait(1):
            self.peak = max(self.peak, sum(map(self._share, self._bench.server.processes())))

    @staticmethod
    def _share(process):
        try:
            lines = pathlib.Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except (OSError, ProcessLookupError):
            return 0
        return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def load(connection, table, size):
    """Makes a table and fills it, in batches that fit the memory; the seconds it took."""
    connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    register_vector(connection)
    connection.execute(f"CREATE TABLE {table} (id integer PRIMARY KEY, embedding vector({DIMENSION}))")
    start = time.perf_counter()
    with connection.cursor().copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(["int4", "vector"])
        for first in range(0, size, BATCH):
            for place, vector in enumerate(texts(BATCH, seed=first)):
                copy.write_row((first + place + 1, vector))
    connection.commit()
    seconds = time.perf_counter() - start
    connection.autocommit = True
    connection.execute(f"VACUUM ANALYZE {table}")
    return seconds


def texts(count, seed):
    """Unit vectors that are searched like those of texts: a thousand topics, and around each a spread in 24 directions
    that is four times as wide.

    For a recall of 0.95 HNSW needs ef_search 11 with 1,000 of them, and 25 with 8,500; with MiniLM's vectors of
    descriptions it needs 14 and 31. Topics that lie farther apart are islands, between which the graph has no ways; noise
    in all 384 directions would make the neighbours of a point a matter of chance. Those of texts are neither.
    """
    shape = numpy.random.default_rng(7)
    centres = shape.standard_normal((1000, DIMENSION), dtype=numpy.float32)
    directions = shape.standard_normal((24, DIMENSION), dtype=numpy.float32) * 4 / numpy.sqrt(24)
    chance = numpy.random.default_rng(1000 + seed)
    spread = chance.standard_normal((count, 24), dtype=numpy.float32) @ directions
    noise = 0.1 * chance.standard_normal((count, DIMENSION), dtype=numpy.float32)
    points = centres[chance.integers(0, len(centres), count)] + spread + noise
    return points / numpy.linalg.norm(points, axis=1, keepdims=True)
