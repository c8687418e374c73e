import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: what index refuses, and what it leaves behind")
struct CommandLineIndexSafetyTests {
  private static let stem = "Product Items_The Vector"
  private static let hnsw = "\(stem)_hnsw_cosine"

  private func use(
    _ variant: String,
    _ table: String,
    _ column: String,
    _ database: TestDatabase,
    _ more: String...
  ) async throws -> DBToolProcess.Outcome {
    try await database.dbtool(
      ["index", "use", variant, "--table", table, "--encoder", column] + more
    )
  }

  // MARK: Refusals

  @Test(.temporaryDatabase) func `what cannot have such an index`() async throws {
    let database = try TestDatabase.current
    var db = try database.connect()
    try db.executeScript(
      """
      CREATE EXTENSION vector;
      CREATE TABLE item (id int PRIMARY KEY, e vector(3), wide vector(2001), huge vector(4001), free vector, h halfvec(3));
      INSERT INTO item SELECT n, ARRAY[n, 1, 2]::vector FROM generate_series(1, 1999) AS n;
      CREATE VIEW item_view AS SELECT * FROM item;
      CREATE MATERIALIZED VIEW kept AS SELECT * FROM item;
      CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER far FOREIGN DATA WRAPPER nowhere;
      CREATE FOREIGN TABLE there (id int, e vector(3)) SERVER far;
      CREATE TABLE part (id int, e vector(3)) PARTITION BY RANGE (id);
      CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (9);
      """
    )
    for command in ["use", "plan"] {
      for (table, words) in [
        ("item_view", "item_view is a view"), ("there", "there is a foreign table"),
        (
          "part",
          "CREATE INDEX part_e_hnsw_cosine ON ONLY public.part USING hnsw (e vector_cosine_ops)"
        ),
      ] {
        let refused = try await database.dbtool(
          "index",
          command,
          "hnsw",
          "--table",
          table,
          "--encoder",
          "e"
        )
        expectRefusal(refused, 64, says: words)
      }
    }
    let wide = try await use("hnsw", "item", "wide", database)
    expectRefusal(
      wide,
      64,
      says: "2001 dimensions",
      "at most 2000",
      "hnsw_halfvec, hnsw_binary, exact"
    )
    let huge = try await use("hnsw_halfvec", "item", "huge", database)
    expectRefusal(
      huge,
      64,
      says: "4001 dimensions",
      "at most 4000",
      "these fit: hnsw_binary, exact"
    )
    let lists = try await use("ivfflat", "item", "wide", database)
    expectRefusal(lists, 64, says: "2001 dimensions")
    let free = try await use("hnsw", "item", "free", database)
    expectRefusal(free, 64, says: "no fixed number", "ALTER TABLE item ALTER free TYPE vector(N)")
    let few = try await use("ivfflat", "item", "e", database)
    expectRefusal(
      few,
      64,
      says: "1,999 vectors",
      "too few for IVFFlat",
      ".16 against .9995",
      "hnsw"
    )
    let taxi = try await use("ivfflat", "item", "e", database, "--metric", "l1")
    expectRefusal(taxi, 64, says: "no IVFFlat index for l1", "hnsw")
    let half = try await use("hnsw_halfvec", "item", "h", database)
    expectRefusal(half, 64, says: "item.h is of type halfvec already")
    expectRefusal(
      try await use("hnsw_binary", "item", "e", database, "--metric", "l2"),
      64,
      says: "angle"
    )
    expectRefusal(try await use("hsnw", "item", "e", database), 64, says: "hsnw")
    let memory = try await use("hnsw", "item", "e", database, "--maintenance-work-mem", "lots")
    expectRefusal(memory, 64, says: "lots")
    expectRefusal(try await use("hnsw", "itme", "e", database), 66, says: "\"itme\"", "item")
    expectRefusal(try await use("hnsw", "item", "f", database), 66, says: "\"f\"", "wide")
    #expect(try database.approximateIndexes() == [])

    let plan = try await database.dbtool(
      "index",
      "plan",
      "ivfflat",
      "--table",
      "item",
      "--encoder",
      "e"
    )
    #expect(plan.status == 1 && plan.stdout.contains("no: item.e has 1,999 vectors"), "\(plan)")
    let planned = try await database.dbtool(
      "index",
      "plan",
      "hnsw",
      "--table",
      "item",
      "--encoder",
      "wide"
    )
    #expect(planned.status == 1 && planned.stdout.contains("2001 of at most 2000"), "\(planned)")

    let kept = try await use("hnsw", "kept", "e", database)
    #expect(kept.stdout == "built index kept_e_hnsw_cosine on kept\n", "\(kept)")
    #expect(try await use("hnsw", "item", "wide", database).status == 64)
    #expect(try await use("hnsw_halfvec", "item", "wide", database).status == 0)
    #expect(try await use("hnsw_binary", "item", "huge", database).status == 0)
    #expect(try await use("hnsw", "item", "h", database, "--metric", "l1").status == 0)
  }

  @Test(.temporaryDatabase) func `long names that are cut do not meet`() async throws {
    let database = try TestDatabase.current
    let column = String(repeating: "c", count: 62)
    var db = try database.connect()
    try db.executeScript(
      """
      CREATE EXTENSION vector;
      CREATE TABLE item (id int PRIMARY KEY, \(column)1 vector(3), \(column)2 vector(3));
      """
    )
    #expect(try await use("hnsw", "item", column + "1", database).status == 0)
    let before = try database.approximateIndexes()
    #expect(before.count == 1 && before[0].utf8.count == 63)
    let second = try await use("hnsw", "item", column + "2", database)
    expectRefusal(second, 65, says: "is taken by something of item", "RENAME")
    _ = try await use("exact", "item", column + "2", database)
    #expect(try database.approximateIndexes() == before)
  }

  @Test(.temporaryDatabase) func `a role without the rights`() async throws {
    let database = try TestDatabase.current
    try database.makeProducts(2100)
    var db = try database.connect()
    try await database.withRole { role in
      let url = database.url(user: role)
      try db.executeScript(
        """
        REVOKE TEMPORARY ON DATABASE \(SQLIdentifier.quoted(database.name)) FROM PUBLIC;
        GRANT USAGE ON SCHEMA shop TO \(role); GRANT SELECT ON shop."Product Items" TO \(role);
        """
      )
      let refused = try await database.index("use", "hnsw", url: url)
      expectRefusal(refused, 77, says: "must be owner of table Product Items")
      let plan = try await database.indexPlan("hnsw", url: url)
      #expect(plan.buildable && plan.rows == 2100 && plan.build_seconds == nil)
      #expect(plan.no_estimate?.contains("may create no temporary table") == true)
      let list = try await database.index("list", url: url)
      #expect(list.status == 0 && list.stdout.contains("The Vector"), "\(list)")
      #expect(try database.approximateIndexes() == [])

      // Who owns the table and may not note the index in the registry learns so before the build.
      try await database.succeed("migrate", "--allow-nonempty")
      try db.executeScript(
        "ALTER TABLE film OWNER TO \(role); GRANT USAGE, CREATE ON SCHEMA public TO \(role)"
      )
      let owner = try await database.dbtool(
        "index",
        "use",
        "hnsw",
        "--table",
        "film",
        "--encoder",
        "lexical",
        url: url
      )
      expectRefusal(owner, 77, says: "dbtool.embedding", "GRANT")
    }
  }

  // MARK: Interrupted

  @Test(.temporaryDatabase, arguments: ["use", "rebuild"])
  func `Ctrl-C in the middle of a build leaves what was there`(command: String) async throws {
    let database = try TestDatabase.current
    try database.makeProducts(12_000)
    let built = try await database.index("use", command == "use" ? "ivfflat" : "hnsw")
    #expect(built.status == 0, "\(built)")
    let before = try database.approximateIndexes()
    // Who may still see older rows holds up the last phase, for as long as it takes to be met in the middle.
    var reader = try database.connect()
    try reader.executeScript("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class")
    let arguments = ["index", command] + (command == "use" ? ["hnsw"] : [])
    let stopped = try await DBToolProcess.run(
      arguments + ["--table", "shop.\"Product Items\"", "--encoder", "The Vector"],
      environment: ["DATABASE_URL": database.url]
    ) { process in
      try await wait(
        for: database,
        until: """
          EXISTS (SELECT FROM pg_stat_progress_create_index
                  WHERE datname = current_database() AND phase = 'waiting for old snapshots')
          """
      )
      try process.send(SIGINT)
    }
    try reader.executeScript("ROLLBACK")
    expectRefusal(stopped, 130, says: "interrupted")
    #expect(try database.approximateIndexes() == before)
    #expect(try await database.indexList().first?.rows_at_build == 12_000)
  }

  @Test(.temporaryDatabase) func `a statement timeout leaves nothing`() async throws {
    let database = try TestDatabase.current
    try database.makeProducts(12_000)
    let url = try database.url(options: "-c statement_timeout=700")
    // However fast the build is, it does not end while somebody may still see older rows.
    var reader = try database.connect()
    try reader.executeScript("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class")
    let outcome = try await database.index("use", "hnsw", url: url)
    try reader.executeScript("ROLLBACK")
    expectRefusal(outcome, 75, says: "timeout")
    #expect(try database.approximateIndexes() == [])
  }

  @Test(.temporaryDatabase) func `what was killed is cleaned up, what is foreign reported`()
    async throws
  {
    let database = try TestDatabase.current
    try database.makeProducts(2500)
    var db = try database.connect()
    _ = try await database.index("use", "hnsw")
    try db.executeScript(
      """
      CREATE INDEX theirs ON shop."Product Items" USING hnsw ("The Vector" vector_l2_ops);
      CREATE INDEX "\(Self.hnsw)_ccnew" ON shop."Product Items" USING hnsw ("The Vector" vector_cosine_ops);
      """
    )
    try database.invalidate("theirs")
    try database.invalidate(Self.hnsw + "_ccnew")
    let again = try await database.index("use", "hnsw")
    #expect(again.stdout.hasPrefix("dropped index \(Self.hnsw)_ccnew\n"), "\(again)")
    #expect(again.stdout.hasSuffix("is there already\n"))
    #expect(again.stderr.contains("index theirs is INVALID and not dbtool's"), "\(again)")
    #expect(again.stderr.contains("DROP INDEX CONCURRENTLY shop.theirs"))
    #expect(try database.approximateIndexes() == [Self.hnsw, "theirs invalid"])

    try database.invalidate(Self.hnsw)
    let list = try await database.index("list")
    #expect(list.stdout.contains("INVALID"), "\(list)")
    let other = try await database.index("use", "hnsw_binary")
    #expect(other.stdout.hasPrefix("dropped index \(Self.hnsw)\nbuilt index"), "\(other)")
    #expect(try database.approximateIndexes() == ["\(Self.stem)_hnsw_binary", "theirs invalid"])

    let unknown = try await database.index("rebuild", "--index", "nosuch")
    expectRefusal(unknown, 66, says: "\"nosuch\"", "theirs")
    let theirs = try await database.index("rebuild", "--index", "theirs")
    #expect(theirs.status == 0 && theirs.stdout == "rebuilt index theirs\n", "\(theirs)")
    #expect(theirs.stderr.contains("VACUUM (ANALYZE) shop.\"Product Items\";"))
    #expect(try database.approximateIndexes() == ["\(Self.stem)_hnsw_binary", "theirs"])
  }

  @Test(.temporaryDatabase) func `memory is given for the session only`() async throws {
    let database = try TestDatabase.current
    try database.makeProducts(2500)
    let url = try database.url(options: "-c maintenance_work_mem=1MB")
    let raised = try await database.index("use", "hnsw", "-e", url: url)
    #expect(raised.status == 0 && raised.stderr.contains("not 1 MB"), "\(raised)")
    #expect(raised.stderr.contains("SET maintenance_work_mem = "))
    let given = try await database.index(
      "use",
      "hnsw_halfvec",
      "-e",
      "--maintenance-work-mem",
      "96MB",
      url: url
    )
    #expect(given.stderr.contains("SET maintenance_work_mem = '98304kB'"), "\(given)")
  }

  @Test(.temporaryDatabase) func `vectors beside the rows`() async throws {
    let database = try await Shop.make()
    let built = try await use("hnsw", "chunk", "v", database)
    #expect(built.stdout == "built index chunk_vector_v_hnsw_cosine on chunk_vector\n", "\(built)")
    let similar = try await database.dbtool(
      "similar",
      "chunk 3",
      "--table",
      "chunk",
      "--limit",
      "2"
    )
    #expect(similar.status == 0 && similar.stdout.contains("chunk 2"), "\(similar)")
    let plan = try await database.dbtool(
      "index",
      "plan",
      "hnsw",
      "--table",
      "chunk_vector",
      "--encoder",
      "v"
    )
    #expect(plan.status == 0 && plan.stdout.contains("halfvec_cosine_ops"), "\(plan)")
  }
}
