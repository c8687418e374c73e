"""Imports: time against psql's \\copy and pg_restore, and memory against a small file's."""

import os
import pathlib
import shutil

import synthetic
from paired import Goal, compare, outcome

SHOWS = """
    SELECT count(*), md5(string_agg(shows::text, ',' ORDER BY show_id))
    FROM netflix_shows AS shows
"""
RENTALS = """
    SELECT md5(string_agg(rental::text, ',' ORDER BY rental_id)),
           (SELECT md5(string_agg(payment::text, ',' ORDER BY payment_id)) FROM payment),
           (SELECT md5(string_agg(film.title || film.fulltext, ',' ORDER BY film_id)) FROM film),
           (SELECT count(*) FROM film_actor)
    FROM rental
"""
SCALE = 20


def run(bench):
    bench.migrated("empty")
    shows, archive = inputs(bench)
    copy = (f"\\copy netflix_shows ({columns(shows)}) FROM '{shows}'"
            " WITH (FORMAT csv, HEADER match)")

    def once(name, command, content):
        def measure(_):
            bench.server.create(name, template="empty")
            bench.server.checkpoint()
            done = bench.spawn(command, name)
            with bench.server.connect(name) as connection:
                return done.seconds, connection.execute(content).fetchone()
        return measure

    netflix = [bench.dbtool, "import", "netflix"]
    dvdrental = [bench.dbtool, "import", "dvdrental"]
    yield compare(
        "import netflix", f"dbtool import netflix; psql's \\copy of the same {shows.name}",
        once("dbtool", [*netflix, shows], SHOWS),
        once("psql", [bench.psql, "-X", "-q", "-c", copy], SHOWS), Goal("at most", 1.3),
        bench.rounds(21))
    restore = [bench.server.bin / "pg_restore", "--data-only", "--disable-triggers", "-d", "psql"]
    yield compare(
        "import dvdrental", "dbtool import dvdrental; pg_restore --disable-triggers, no checks",
        once("dbtool", [*dvdrental, archive], RENTALS), once("psql", [*restore, archive], RENTALS),
        Goal("at most", 4), bench.rounds(15))

    bench.say(f"files {SCALE} times as large")
    many, large = bench.scratch / "many.csv", bench.scratch / "large.tar"
    synthetic.repeat(shows, many, SCALE)
    yield memory(bench, "netflix", netflix, shows, many)
    small = bench.scratch / "small.tar"
    make_archive(bench, small, 1)
    make_archive(bench, large, SCALE)
    yield memory(bench, "dvdrental", dvdrental, small, large)


def memory(bench, name, command, small, large):
    """The peak of the process, and of pg_restore under it, with a large file and a small one."""
    peaks = {small: [], large: []}
    for _ in range(bench.rounds(15)):
        for path in peaks:
            bench.server.create("dbtool", template="empty")
            peaks[path].append(bench.spawn([*command, path], "dbtool").peak / 1024)
    return outcome(f"memory, {name} × {SCALE}", f"peak memory with a file {SCALE} times as large",
                   Goal("at most", 1.2), peaks[large], peaks[small], "MiB")


def inputs(bench):
    """The public data where DBTOOL_REAL_DATA says that they are, else invented files like them.

    Copied, because psql and pg_restore must read them as we do, wherever they stand.
    """
    shows, archive = bench.scratch / "netflix_titles.csv", bench.scratch / "dvdrental.tar"
    if real := os.environ.get("DBTOOL_REAL_DATA"):
        shutil.copy(pathlib.Path(real) / shows.name, shows)
        shutil.copy(pathlib.Path(real) / archive.name, archive)
    elif not shows.exists():
        bench.say("invented data; DBTOOL_REAL_DATA may name a folder with the public files")
        synthetic.netflix(shows)
        make_archive(bench, archive, 1)
    return shows, archive


def make_archive(bench, path, scale):
    bench.migrated("source")
    script = pathlib.Path(__file__).parents[1] / "sql" / "dvdrental.sql"
    bench.spawn([bench.psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", f"scale={scale}",
                 "-o", "/dev/null", "-f", script], "source")
    bench.spawn([bench.server.bin / "pg_dump", "-Ft", "--data-only", "--schema", "public",
                 "-f", path], "source")


def columns(path):
    """The header's names, quoted: the file's order decides, and `cast` is a reserved word."""
    with open(path, encoding="utf-8-sig") as file:
        return ", ".join(f'"{name}"' for name in file.readline().strip().split(","))
