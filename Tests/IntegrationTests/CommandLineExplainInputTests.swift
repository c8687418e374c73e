import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: what explain is given", .timeLimit(.minutes(30)))
struct CommandLineExplainInputTests {
  static let vector = "[" + (1...8).map { "\($0)" }.joined(separator: ",") + "]"

  private func explained(
    _ database: TestDatabase,
    _ sql: String,
    _ options: String...
  ) async throws -> String {
    let outcome = try await DBToolProcess.run(
      ["explain", "--sql", "-"] + options,
      environment: ["DATABASE_URL": database.url],
      input: sql
    )
    try #require(outcome.status == 0, "\(outcome)")
    return outcome.stdout
  }

  // MARK: What is searched for

  @Test(.temporaryVectorDatabase) func `says where there is nothing to search for`() async throws {
    let database = try TestDatabase.current
    try CommandLineExplainTests.make(database)
    let zero = "'[0,0,0,0,0,0,0,0]'"
    for (probe, words) in [
      ("(SELECT e FROM product WHERE id = -1)", "is NULL: every distance is NULL"),
      ("(SELECT avg(e) FROM product WHERE id < 0)", "is NULL"),
      (zero, "is a zero vector: its cosine distance from every row is NaN"),
      ("(SELECT e FROM product WHERE id = 7)", nil),
    ] {
      let report = try await database.explain(
        "SELECT id FROM product ORDER BY e <=> \(probe) LIMIT 5"
      )
      #expect(report.verdict.cause == "served")
      let search = try #require(report.search)
      #expect(search.probe?.hasPrefix(words ?? "") ?? (words == nil), "\(search)")
    }
    let inner = try await database.explain("SELECT id FROM product ORDER BY e <#> \(zero) LIMIT 5")
    #expect(inner.search?.probe?.contains("its inner product with every row is 0") == true)
    let apart = try await database.explain("SELECT id FROM product ORDER BY e <-> \(zero) LIMIT 5")
    #expect(apart.search != nil && apart.search?.probe == nil)
    let profile = try await database.explain(
      """
      WITH profile AS MATERIALIZED (SELECT avg(e) AS v FROM product WHERE id < 0)
      SELECT id FROM product ORDER BY e <=> (SELECT v FROM profile) LIMIT 5
      """
    )
    #expect(profile.search?.probe?.hasPrefix("is NULL") == true)
    let none = try await database.explain(
      "SELECT id FROM product ORDER BY e <=> $1 LIMIT 5",
      "--bind-null",
      "1"
    )
    #expect(none.verdict.cause == "no_search")
    #expect(none.verdict.sentence.hasPrefix("what is searched for is NULL"))
    let text = try await explained(
      database,
      "SELECT id FROM product ORDER BY e <=> \(zero) LIMIT 5"
    )
    #expect(text.contains("\nprobe     is a zero vector"))
  }

  // MARK: Values

  @Test(.temporaryVectorDatabase) func `plans for any values where the server would`() async throws
  {
    let database = try TestDatabase.current
    try CommandLineExplainTests.make(database)
    var db = try database.connect()
    try db.executeScript(
      """
      DROP INDEX product_e;
      CREATE INDEX cheap ON product USING hnsw (e vector_cosine_ops) WHERE price = 3
      """
    )
    let script = """
      PREPARE q (vector, int) AS SELECT id FROM product WHERE price = $2 ORDER BY e <=> $1 LIMIT 5;
      EXECUTE q('\(Self.vector)', 3);
      """
    let generic = "SET plan_cache_mode = force_generic_plan; "
    let own = try await database.explain(script)
    #expect(own.verdict.cause != "partial_index" && own.verdict.index == "cheap")
    let any = try await database.explain(generic + script)
    #expect(any.verdict.cause == "partial_index", "\(any.verdict)")
    #expect(any.settings["plan_cache_mode"] == "force_generic_plan")
    #expect(any.search?.returned == 5)
    for (sql, isGeneric) in [(script, false), (generic + script, true)] {
      let plan = try await explained(database, sql, "--format", "pgjson")
      #expect(plan.contains("(product.price = $2)") == isGeneric, "\(plan)")
    }
    // A role's setting counts like a script's.
    let url = try database.url(options: "-c plan_cache_mode=force_generic_plan")
    let outcome = try await DBToolProcess.run(
      ["explain", "--sql", "-", "--no-analyze", "--bind", Self.vector, "--bind", "3"],
      environment: ["DATABASE_URL": url],
      input: "SELECT id FROM product WHERE price = $2 ORDER BY e <=> $1 LIMIT 5"
    )
    #expect(outcome.stdout.contains("filter: (product.price = $2)"), "\(outcome)")
  }

  @Test(.temporaryVectorDatabase) func `keeps the types that PREPARE declares`() async throws {
    let database = try TestDatabase.current
    // Without them the server does not know which of the operators is meant.
    let report = try await database.explain(
      "PREPARE q (halfvec(2), vector) AS SELECT $1 <=> $1, $2 <=> $2; EXECUTE q('[1,2]', '[3,4]')"
    )
    #expect(report.verdict.cause == "no_search")
    let plan = try await explained(
      database,
      "PREPARE q (bigint, numeric(10, 2)) AS SELECT $1 + 1, $2; EXECUTE q(3, 4)",
      "--format",
      "pgjson"
    )
    #expect(plan.contains("'4'::bigint") && plan.contains("'4'::numeric"), "\(plan)")
  }

  @Test(.temporaryVectorDatabase) func `binds NULL by the parameter's number`() async throws {
    let database = try TestDatabase.current
    try CommandLineExplainTests.make(database)
    let text = try await explained(
      database,
      "SELECT id FROM product WHERE name = $1 OR price = $2 OR id = $3",
      "--bind-null",
      "2",
      "--bind",
      "NULL",
      "--bind",
      "7"
    )
    #expect(text.contains("binds     $1 unknown = NULL\n          $2 unknown = NULL\n"))
    #expect(text.contains("$3 unknown = 7\n"))
    #expect(text.contains("product.name = 'NULL'::text") && text.contains("product.id = 7"))
    #expect(!text.contains("product.price"))
    #expect(try await database.succeed("explain", "--help").contains("--bind-null <number>"))
  }

  // MARK: What is compared and shown

  @Test(.temporaryVectorDatabase) func `recall compares what tells rows apart`() async throws {
    let database = try TestDatabase.current
    try CommandLineExplainTests.make(database)
    let order = "ORDER BY e <=> '\(Self.vector)' LIMIT 30"
    let plain = try await database.explain("SELECT id FROM product \(order)", "--recall")
    for columns in [
      "id, random(), clock_timestamp()",
      "gen_random_uuid(), id::text AS key, 1 - (e <=> '\(Self.vector)')",
      "product.*, (e <=> '\(Self.vector)')::text",
    ] {
      let report = try await database.explain("SELECT \(columns) FROM product \(order)", "--recall")
      #expect(
        report.recall?.found == plain.recall?.found && report.recall?.exact == 30,
        "\(columns)"
      )
    }
    #expect(try #require(plain.recall).found > 20)
    for (sql, words) in [
      (
        "SELECT random(), 1 - (e <=> '\(Self.vector)') FROM product \(order)",
        "no column of this statement tells them apart"
      ),
      (
        "SELECT id FROM product TABLESAMPLE BERNOULLI (20) \(order)",
        "this statement gives others each time it runs"
      ),
    ] {
      let outcome = try await DBToolProcess.run(
        ["explain", "--recall", "--sql", "-"],
        environment: ["DATABASE_URL": database.url],
        input: sql
      )
      #expect(outcome.status == 64 && outcome.stderr.contains(words), "\(outcome)")
    }
  }

  @Test(.temporaryVectorDatabase) func `a vector has one digest however it is written`()
    async throws
  {
    let database = try TestDatabase.current
    var db = try database.connect()
    try db.execute("CREATE TABLE long (id int, v vector(10), h halfvec(10), s sparsevec(12))")
    let numbers = "0.10, 0.2, 3.0, 4, 5e0, 6, 7, 8, 9, 10.00"
    let written = "[\(numbers)]"
    let spelled = "{1:0.10, 2:0.2, 3:3.0, 4:4, 5:5, 6:6, 7:7, 8:8, 9:9}/12"
    for (order, pattern) in [
      ("v <=> '\(written)'", /\[10 × f32 #([0-9a-f]{6})\]/),
      ("h <=> '\(written)'::halfvec", /\[10 × f16 #([0-9a-f]{6})\]/),
      ("s <=> '\(spelled)'", /\{12 × f32, 9 set #([0-9a-f]{6})\}/),
    ] {
      let text = try await explained(database, "SELECT id FROM long ORDER BY \(order) LIMIT 3")
      let digests = text.matches(of: pattern).map(\.1)
      // In the SQL and in the plan's sort key.
      #expect(digests.count == 2 && Set(digests).count == 1, "\(text)")
      for numbers in [",6,7", ", 6, 7", "6:6"] { #expect(!text.contains(numbers)) }
    }
  }

  @Test(.temporaryVectorDatabase) func `figures of any size keep their columns`() async throws {
    let database = try TestDatabase.current
    let many = try await explained(database, "SELECT count(*) FROM generate_series(1, 8000000)")
    let lines = many.split(separator: "\n").map(String.init)
    let header = try #require(lines.first { $0.hasPrefix("node") })
    let scan = try #require(lines.first { $0.contains("Function Scan") })
    #expect(header.count == 100 && scan.count == 100)
    #expect(scan.contains(" 8.0M     8.0M "), "\(scan)")
    let planned = try await explained(
      database,
      "SELECT FROM generate_series(1, 8000000) a, generate_series(1, 8000000) b, generate_series(1, 8000000) c",
      "--no-analyze"
    )
    let nodes = planned.split(separator: "\n").filter { $0.contains("Nested Loop") }
    #expect(nodes.count == 2 && nodes.allSatisfy { $0.count == 100 }, "\(planned)")
    #expect(nodes.allSatisfy { $0.hasSuffix("64.0T") || $0.hasSuffix("5.12e+20") })
    // So deep a tree leaves no room beside it.
    let deep = (1...12).reduce("SELECT 1 AS n") { inner, _ in
      "SELECT n + (SELECT max(n) FROM generate_series(1, n) AS g (n)) AS n FROM (\(inner) OFFSET 0) AS s"
    }
    let tree = try await explained(database, deep)
    #expect(
      tree.split(separator: "\n").contains { $0.contains("rows,") && $0.contains("expected") }
    )
  }

  // MARK: Where there is nothing yet

  @Test(.temporaryDatabase) func `names dbtool migrate in an empty database`() async throws {
    let database = try TestDatabase.current
    let bare = try await database.dbtool("explain")
    #expect(bare.status == 64, "\(bare)")
    #expect(bare.stderr.contains("the database has no tables\n  dbtool migrate"))
    let sql = try await DBToolProcess.run(
      ["explain", "--sql", "-"],
      environment: ["DATABASE_URL": database.url],
      input: CommandLineExplainTests.select
    )
    #expect(sql.status == 78 && sql.stderr.contains("run dbtool migrate"), "\(sql)")
    var db = try database.connect()
    try db.execute("CREATE TABLE other (id int)")
    let later = try await database.dbtool("explain")
    #expect(later.status == 64 && !later.stderr.contains("migrate"), "\(later)")
  }

  // MARK: Sparse vectors

  @Test(.temporaryVectorDatabase) func `sparse vectors are vectors`() async throws {
    let database = try TestDatabase.current
    try CommandLineExplainTests.make(database)
    var db = try database.connect()
    try db.executeScript(
      """
      CREATE TABLE sparse AS SELECT id, e::sparsevec(8) AS s FROM product;
      CREATE INDEX sparse_s ON sparse USING hnsw (s sparsevec_cosine_ops);
      ANALYZE sparse
      """
    )
    let probe = "(SELECT s FROM sparse WHERE id = 7)"
    let served = try await database.explain("SELECT id FROM sparse ORDER BY s <=> \(probe) LIMIT 5")
    #expect(served.verdict.cause == "served" && served.verdict.index == "sparse_s")
    let search = try #require(served.search)
    #expect(search.index_blocks > 0 && search.heap_blocks > 0)
    let other = try await database.explain("SELECT id FROM sparse ORDER BY s <-> \(probe) LIMIT 5")
    #expect(other.verdict.cause == "wrong_operator")
    #expect(other.search?.visited == 3000)
    let remedy = "CREATE INDEX CONCURRENTLY ON public.sparse USING hnsw (s sparsevec_l2_ops);"
    #expect(other.verdict.remedies == [remedy])
    try db.executeScript(remedy)
    let mended = try await database.explain("SELECT id FROM sparse ORDER BY s <-> \(probe) LIMIT 5")
    #expect(mended.verdict.cause == "served")
    let zero = try await database.explain("SELECT id FROM sparse ORDER BY s <=> '{}/8' LIMIT 5")
    #expect(zero.search?.probe?.hasPrefix("is a zero vector") == true)
  }
}
