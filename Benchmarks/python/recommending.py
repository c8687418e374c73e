"""The main job as a whole process, against psql running the script that it prints; and for every customer."""

import json
import pathlib
import sys

from importing import inputs
from paired import Goal, compare

HERE = pathlib.Path(__file__).resolve().parent
CUSTOMERS = 599


def run(bench):
    bench.migrated("movies")
    shows, archive = inputs(bench)
    bench.spawn([bench.dbtool, "import", "netflix", shows], "movies")
    bench.spawn([bench.dbtool, "import", "dvdrental", archive], "movies")
    bench.spawn([bench.dbtool, "embed", "--encoder", "lexical"], "movies")
    with bench.server.connect("movies") as connection:
        connection.execute("VACUUM ANALYZE")
    recommend = [bench.dbtool, "recommend-netflix", "--customer", "5"]
    script = bench.scratch / "recommend.sql"
    script.write_text(bench.spawn([*recommend, "--show-sql"], "movies").output)
    psql = [bench.psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f"]
    check(bench.spawn([*recommend, "--format", "json"], "movies").output,
          bench.spawn([*psql, script], "movies").output)
    yield compare(
        "recommend-netflix", "the whole process; psql running the script of --show-sql",
        lambda _: (bench.spawn(recommend, "movies").seconds, None),
        lambda _: (bench.spawn([*psql, script], "movies").seconds, None), Goal("plus", 20),
        bench.rounds(31), "ms")
    yield from everybody(bench, psql)


def everybody(bench, psql):
    """All customers in one statement, by hand and in a loop, every show compared."""
    recommend = [bench.dbtool, "recommend-netflix", "--all", "--encoder", "lexical"]
    by_hand = [*psql, HERE.parent / "sql" / "recommend_all.sql"]
    loop = [sys.executable, HERE / "recommend_loop.py"]
    lines = bench.spawn(recommend, "movies").output.splitlines()
    ours = [(line["customer"], row["id"]) for line in map(json.loads, lines) for row in line["rows"]]
    fields = [line.split("|") for line in bench.spawn(by_hand, "movies").output.splitlines()]
    theirs = [(int(row[0]), row[1]) for row in fields]
    if len(ours) != 5 * len(lines) or ours != theirs:
        raise SystemExit("bench: recommend-netflix --all: the hand-written statement finds other shows")
    yield compare(
        "recommend --all", "the whole process; psql running the best hand-written statement",
        lambda _: (bench.spawn(recommend, "movies").seconds, None),
        lambda _: (bench.spawn(by_hand, "movies").seconds, None), Goal("at most", 1.1),
        bench.rounds(15), "s")
    yield compare(
        "recommend --all, loop", "the same; a Python loop with text parameters",
        lambda _: (bench.spawn(recommend, "movies").seconds, None),
        lambda _: (bench.spawn(loop, "movies").seconds, None), Goal("at least", 3.0),
        bench.rounds(15), "customers/s", CUSTOMERS)


def check(ours, theirs):
    """Both name the same shows in the same order."""
    ids = [str(row["id"]) for row in json.loads(ours)["rows"]]
    fields = [line.split("|") for line in theirs.splitlines() if "|" in line]
    if not ids or any(id not in row for id, row in zip(ids, fields, strict=True)):
        raise SystemExit(f"bench: recommend-netflix: ours {ids}, psql:\n{theirs}")
