"""The main job as a whole process, against psql running the script that it prints."""

import json

from importing import inputs
from paired import Goal, compare


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
    psql = [bench.psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", script]
    check(bench.spawn([*recommend, "--format", "json"], "movies").output,
          bench.spawn(psql, "movies").output)
    yield compare(
        "recommend-netflix", "the whole process; psql running the script of --show-sql",
        lambda _: (bench.spawn(recommend, "movies").seconds, None),
        lambda _: (bench.spawn(psql, "movies").seconds, None), Goal("plus", 20),
        bench.rounds(31), "ms")


def check(ours, theirs):
    """Both name the same shows in the same order."""
    ids = [str(row["id"]) for row in json.loads(ours)["rows"]]
    fields = [line.split("|") for line in theirs.splitlines() if "|" in line]
    if not ids or any(id not in row for id, row in zip(ids, fields, strict=True)):
        raise SystemExit(f"bench: recommend-netflix: ours {ids}, psql:\n{theirs}")
