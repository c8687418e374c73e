"""`dbtool explain` of the main job as a whole process, against psql's EXPLAIN ANALYZE of the same statement."""

from importing import inputs
from paired import Goal, compare

OPTIONS = "ANALYZE, BUFFERS, VERBOSE, SETTINGS, FORMAT JSON"


def run(bench):
    bench.migrated("movies")
    shows, archive = inputs(bench)
    bench.spawn([bench.dbtool, "import", "netflix", shows], "movies")
    bench.spawn([bench.dbtool, "import", "dvdrental", archive], "movies")
    bench.spawn([bench.dbtool, "embed", "--encoder", "lexical"], "movies")
    bench.spawn([bench.dbtool, "index", "use", "hnsw", "--table", "netflix_shows", "--encoder",
                 "lexical"], "movies")
    with bench.server.connect("movies") as connection:
        connection.execute("VACUUM ANALYZE")
    command = ["recommend-netflix", "--customer", "5"]
    script = bench.scratch / "explain.sql"
    script.write_text(bench.spawn([bench.dbtool, *command, "--show-sql"], "movies").output
                      .replace("\nEXECUTE dbtool", f"\nEXPLAIN ({OPTIONS}) EXECUTE dbtool"))
    explain = [bench.dbtool, "explain", *command]
    psql = [bench.psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", script]
    index = "netflix_shows_embedding_lexical_hnsw_cosine"
    for name, output in [("ours", bench.spawn(explain, "movies").output),
                         ("psql", bench.spawn(psql, "movies").output)]:
        if index not in output.replace("\n", "").replace(" ", "").replace("│", ""):
            raise SystemExit(f"bench: explain: {name} does not name {index}:\n{output}")
    yield compare(
        "explain", "the whole process; psql running EXPLAIN ANALYZE of the same statement",
        lambda _: (bench.spawn(explain, "movies").seconds, None),
        lambda _: (bench.spawn(psql, "movies").seconds, None), Goal("plus", 50),
        bench.rounds(31), "ms")
