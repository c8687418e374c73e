import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

/// Where the doctor may look, and that it leaves no trace.
@Suite("The command line: doctor, anybody's database", .timeLimit(.minutes(30)))
struct CommandLineDoctorReadingTests {
  // MARK: Rights

  @Test(.temporaryDatabase) func `what a role may not read is said, not failed at`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.register(
      """
      CREATE SCHEMA closed;
      CREATE TABLE closed.secret (e vector(3));
      CREATE TABLE hidden (e vector(3), f vector(3));
      CREATE TABLE half_open (e vector(3), f vector(3));
      CREATE TABLE "Open" (e vector(3));
      INSERT INTO half_open VALUES ('[1,0,0]', '[0,0,0]');
      CREATE INDEX ON hidden USING hnsw (e vector_cosine_ops);
      """
    )
    var db = try database.connect()
    try await database.withRole { role in
      try db.execute("GRANT SELECT ON \"Open\" TO \(ident: role)")
      try db.execute("GRANT SELECT (e) ON half_open TO \(ident: role)")
      let url = database.url(user: role)
      let report = try await database.doctor(url: url)
      #expect(!report.needs_hand)
      let rows = report.columns.map {
        "\($0.table).\($0.column) \($0.rows.map(String.init) ?? "-")"
      }
      #expect(
        rows == [
          "secret.e -", "Open.e 0", "half_open.e 1", "half_open.f -", "hidden.e -", "hidden.f -",
        ]
      )
      _ = try report.one(.hint, "closed.secret", "role \(role) may not read e")
      #expect(report.columns.first { $0.table == "hidden" }?.indexes.count == 1)
      let hidden = try report.one(.hint, "hidden", "may not read e, f")
      _ = try report.one(.hint, "registry", "role \(role) may not read it")

      // What is advised is enough.
      for line in report.findings.flatMap(\.advice) where line.hasPrefix("GRANT ") {
        _ = try await database.psql(line)
      }
      #expect(hidden.advice.last == "GRANT SELECT (e, f) ON hidden TO \(role);")
      let after = try await database.doctor(url: url)
      #expect(after.columns.allSatisfy { $0.rows != nil })
      #expect(after.findings.allSatisfy { !$0.fact.contains("may not read") })
    }
  }

  @Test(.temporaryVectorDatabase) func `a locked table is waited for, and left out`() async throws {
    let database = try TestDatabase.current
    _ = try await database.psql(
      """
      CREATE TABLE a (id integer, e vector(3));
      CREATE INDEX ON a USING hnsw ((e::halfvec(3)) halfvec_l2_ops) WHERE id > 1;
      CREATE TABLE b (e vector(3));
      """
    )
    var blocker = try database.connect()
    try blocker.executeScript("BEGIN; LOCK TABLE a")
    let report = try await database.doctor()
    try blocker.executeScript("ROLLBACK")
    #expect(report.columns.map(\.rows) == [nil, 0])
    #expect(report.columns.map { $0.known == nil } == [true, false], "the definition waits too")
    _ = try report.one(.hint, "a", "lock timeout")
  }

  @Test(.temporaryVectorDatabase) func `a table that takes too long is left out`() async throws {
    let database = try TestDatabase.current
    _ = try await database.psql(
      """
      CREATE TABLE quick (e vector(3));
      CREATE VIEW slow AS SELECT '[1,0,0]'::vector AS e FROM pg_sleep(60);
      """
    )
    let report = try await database.doctor(url: database.url(options: "-c statement_timeout=2s"))
    #expect(report.columns.map(\.rows) == [0, nil])
    let found = try report.one(.hint, "slow", "statement_timeout")
    #expect(found.advice[0].hasSuffix("dbtool doctor --table slow"))

    let interrupted = try await database.dbtool("doctor") { running in
      try await wait(
        for: database,
        until:
          "EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep')"
      )
      try running.send(SIGINT)
    }
    #expect(interrupted.status == 130 && interrupted.stdout == "")
  }

  @Test(.temporaryVectorDatabase) func `an index that is being built is not broken`() async throws {
    let database = try TestDatabase.current
    _ = try await database.psql(CommandLineDoctorTests.product())
    // A build waits for those who wrote to the table before it.
    var writer = try database.connect()
    try writer.executeScript("BEGIN; UPDATE product SET kind = 1 WHERE id = 1")
    let build = Task {
      try await database.psql(
        "CREATE INDEX CONCURRENTLY product_e ON product USING hnsw (e vector_cosine_ops)"
      )
    }
    try await wait(
      for: database,
      until:
        "EXISTS (SELECT FROM pg_stat_progress_create_index WHERE datname = current_database() AND index_relid <> 0)"
    )
    let meanwhile = try await database.doctor()
    try writer.executeScript("COMMIT")
    _ = try await build.value
    _ = try meanwhile.one(.hint, "product.e", "index product_e is being built")
    #expect(!meanwhile.needs_hand)
    #expect(try await database.doctor().column("e").indexes.map(\.valid) == [true])
  }

  // MARK: Names and kinds

  @Test(.temporaryDatabase) func `pgvector may stand in any schema, and names may be any`()
    async throws
  {
    let database = try TestDatabase.current
    _ = try await database.psql(
      """
      CREATE SCHEMA "Ve""ctors";
      CREATE EXTENSION vector SCHEMA "Ve""ctors";
      SET search_path TO public, "Ve""ctors";
      CREATE SCHEMA "My Shop";
      CREATE TABLE "My Shop"."Order" (
        "user" vector(3), "select" halfvec(3), "a""b.c" vector, "no vector" text
      );
      INSERT INTO "My Shop"."Order"
      SELECT '[0,0,0]', '[3,4,0]', CASE WHEN i > 5 THEN '[1,0]' ELSE '[1,0,0]' END::vector
      FROM generate_series(1, 10) AS i;
      CREATE INDEX "Index" ON "My Shop"."Order" USING hnsw ("user" vector_cosine_ops);
      CREATE INDEX ip ON "My Shop"."Order" USING hnsw ("select" halfvec_ip_ops);
      """
    )
    let report = try await database.doctor()
    #expect(report.columns.map(\.column) == ["user", "select", #"a"b.c"#])
    _ = try report.one(.ok, "pgvector", #"in schema Ve"ctors"#)
    let table = #""My Shop"."Order""#
    let found = [
      try report.one(.problem, table + #"."user""#, "10 of 10 vectors are zero"),
      try report.one(.problem, table + #"."select""#, "10 of 10 vectors are not of length 1"),
      try report.one(.problem, table + #"."a""b.c""#, "vectors of 2 and 3 elements"),
    ]
    _ = try await database.psql(found.flatMap(\.advice).joined(separator: "\n"))
    let after = try await database.doctor("--table", #""My Shop"."Order""#)
    #expect(!after.needs_hand, "\(after.findings)")
    #expect(try after.column("user").nulls == 10)
    let same = try await database.doctor("--table", "My Shop.Order")
    #expect(same.columns.count == 3)
  }

  @Test(.temporaryVectorDatabase) func `views, partitions, inheritance and other relations`()
    async throws
  {
    let database = try TestDatabase.current
    _ = try await database.psql(
      """
      CREATE TABLE parent (e vector(3));
      CREATE TABLE child () INHERITS (parent);
      INSERT INTO parent VALUES ('[1,0,0]');
      INSERT INTO child VALUES ('[1,0,0]'), ('[0,0,0]');
      CREATE VIEW seen AS SELECT e FROM parent;
      CREATE MATERIALIZED VIEW kept AS SELECT e FROM parent;
      CREATE VIEW broken AS SELECT e, 1 / (length(e::text) - 7) AS x FROM parent;
      CREATE VIEW all_broken AS SELECT ('[' || 1 / (length(e::text) - 7) || ']')::vector AS e FROM parent;
      CREATE TABLE part (id integer, e vector(3)) PARTITION BY RANGE (id);
      CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (50) PARTITION BY RANGE (id);
      CREATE TABLE part_11 PARTITION OF part_1 FOR VALUES FROM (0) TO (50);
      CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (50) TO (200);
      INSERT INTO part SELECT i, '[1,0,0]' FROM generate_series(1, 100) AS i;
      CREATE INDEX part_e ON part USING hnsw (e vector_cosine_ops);
      CREATE INDEX part_2_l2 ON part_2 USING hnsw (e vector_l2_ops);
      CREATE TEMPORARY TABLE passing (e vector(3));
      """
    )
    let report = try await database.doctor()
    let rows = report.columns.map { "\($0.table) \($0.rows.map(String.init) ?? "-")" }
    #expect(
      rows == ["all_broken -", "broken 3", "child 2", "kept 3", "parent 1", "part 100", "seen 3"]
    )
    _ = try report.one(.hint, "all_broken", "cannot be read: division by zero")
    _ = try report.one(.hint, "child.e", "1 of 2 vectors is zero")
    #expect(report.all(.hint, "seen.e", "") == [], "what is in a view is its tables' matter")
    let indexes = try #require(report.columns.first { $0.table == "part" }).indexes
    #expect(indexes.map(\.name) == ["part_2_l2", "part_e"])
    #expect(indexes.map(\.partition) == ["part_2", nil])
    #expect(indexes.allSatisfy { $0.valid && $0.bytes > 0 })
    #expect(!report.needs_hand)
  }

  @Test(.temporaryVectorDatabase) func `a view of too many rows is not counted`() async throws {
    let database = try TestDatabase.current
    _ = try await database.psql(
      """
      CREATE VIEW many AS
      SELECT '[1,0,0]'::vector AS e FROM generate_series(1, 1000000) AS a, generate_series(1, 1000000) AS b
      """
    )
    let report = try await database.doctor()
    #expect(report.columns.map(\.rows) == [nil])
    _ = try report.one(.hint, "many", "not counted: about 1,000,000,000,000 rows")
  }

  // MARK: Reading only

  @Test(.temporaryDatabase) func `nothing is written`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    try await database.succeed("index", "use", "hnsw", "--table", "film", "--encoder", "lexical")
    _ = try await database.psql("UPDATE film SET embedding_lexical = NULL WHERE film_id <= 20")
    let before = try await database.schemaDump(withInternal: true)
    let rows = try await contents(database)
    #expect(rows.split(separator: "\n").count > 10)
    let url = try database.url(options: "-c default_transaction_read_only=on")
    let usual = try await database.doctor()
    let readOnly = try await database.doctor(url: url)
    #expect(usual.findings == readOnly.findings)
    _ = try usual.one(
      .problem,
      "film.embedding_lexical",
      "of the rows that have a text have a vector"
    )
    #expect(try await database.schemaDump(withInternal: true) == before)
    #expect(try await contents(database) == rows)

    let empty = try await database.dbtool("doctor", "-e")
    #expect(empty.status == 1)
    #expect(empty.stderr.contains("FROM ONLY public.film AS scanned"))
    #expect(!empty.stderr.contains("INSERT") && !empty.stderr.contains("UPDATE"))
    _ = try await database.psql(empty.stderr)
  }

  /// A hash of the rows of each table.
  private func contents(_ database: TestDatabase) async throws -> String {
    try await database.psql(
      """
      SELECT format('SELECT %L, md5(string_agg(t::text, %L ORDER BY t::text)) FROM %s AS t', c.oid, ' ', c.oid::regclass)
      FROM pg_class AS c
      WHERE c.relkind = 'r' AND c.relnamespace IN ('public'::regnamespace, 'dbtool'::regnamespace)
      ORDER BY c.oid \\gexec
      """
    )
  }

  @Test(.temporaryVectorDatabase) func `a table of no such name, and one without vectors`()
    async throws
  {
    let database = try TestDatabase.current
    _ = try await database.psql("CREATE TABLE product (id integer)")
    expectRefusal(
      try await database.dbtool("doctor", "--table", "nope"),
      66,
      says: "no table \"nope\""
    )
    let report = try await database.doctor("--table", "product")
    let none = try report.one(.ok, "vector columns", "none")
    #expect(none.advice[0].hasPrefix("dbtool encoder add "))
    let unreachable = try await database.dbtool("doctor", url: "postgresql:///x?host=/nowhere")
    expectRefusal(unreachable, 69)
  }

  @Test func `the help tells what is read`() async throws {
    let help = try await DBToolProcess.run(["doctor", "--help"]).stdout
    for word in ["Exit 1", "100,000", "TABLESAMPLE SYSTEM", "three seconds", "reads only"] {
      #expect(help.replacing("\n", with: " ").contains(word), "\(word)")
    }
    #expect(try await DBToolProcess.run(["--help"]).stdout.contains("TRUST"))
  }
}
