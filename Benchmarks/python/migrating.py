"""Two hundred small migrations, and none: `dbtool migrate` against psql."""

from paired import Goal, compare

COUNT = 200
STATE = """
    SELECT count(*) FILTER (WHERE relkind = 'r'), count(*) FILTER (WHERE relkind = 'i'),
           count(*) FILTER (WHERE relkind = 'S')
    FROM pg_class WHERE relnamespace = 'public'::regnamespace
"""


def run(bench):
    folder = bench.scratch / "small-migrations"
    folder.mkdir()
    script = bench.scratch / "migrations.sql"
    write(folder, script)

    def fresh(name, command):
        def once(_):
            bench.server.create(name)
            bench.server.checkpoint()
            done = bench.spawn(command, name)
            return done.seconds, state(bench, name)
        return once

    def state(bench, name):
        history = "schema_history" if name == "psql" else "dbtool.schema_history"
        with bench.server.connect(name) as connection:
            tables = connection.execute(STATE + " AND relname <> 'schema_history'"
                                        " AND relname <> 'schema_history_pkey'").fetchone()
            return tables, connection.execute(f"SELECT count(*) FROM {history}").fetchone()

    migrate = [bench.dbtool, "migrate", "--dir", folder]
    psql = [bench.psql, "-X", "-q", "-v", "ON_ERROR_STOP=1"]
    yield compare(
        f"{COUNT} migrations", "dbtool migrate; psql, BEGIN, file, record, COMMIT for each",
        fresh("dbtool", migrate), fresh("psql", [*psql, "-f", script]), Goal("at most", 1.1),
        bench.rounds(31))

    # The databases of the last round are migrated.
    yield compare(
        "nothing to migrate", f"dbtool migrate with {COUNT} applied files; psql -c 'select 1'",
        lambda _: (bench.spawn(migrate, "dbtool").seconds, None),
        lambda _: (bench.spawn([*psql, "-c", "select 1"], "psql").seconds, None),
        Goal("plus", 20), bench.rounds(31), "ms")


def write(folder, script):
    """The same statements as a folder for dbtool, and as one script for psql with its record."""
    record = ["CREATE TABLE schema_history (version text PRIMARY KEY, name text NOT NULL,"
              " checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());"]
    for number in range(COUNT):
        version, name = f"20260101{number:06}", f"create_table_{number}"
        up = (f"CREATE TABLE table_{number} (\n"
              "  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
              "  name text NOT NULL,\n  price numeric(10, 2)\n);\n"
              f"CREATE INDEX ON table_{number} (name);\n")
        file = f"{version}_{name}.sql"
        (folder / file).write_text(
            f"-- migrate:up\n\n{up}\n-- migrate:down\n\nDROP TABLE table_{number};\n")
        record.append(f"BEGIN;\n{up}INSERT INTO schema_history (version, name, checksum) VALUES"
                      f" ('{version}', '{file}', '{'0' * 64}');\nCOMMIT;")
    script.write_text("\n".join(record) + "\n")
