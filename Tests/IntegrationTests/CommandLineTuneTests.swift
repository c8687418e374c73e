import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: tune", .serialized, .timeLimit(.minutes(30)))
struct CommandLineTuneTests {
  private struct Tuned: Decodable {
    let variant: String
    let reached: Bool
    let applied: Bool
    let setting: [String: Int]
    let settings: [String: String]
    let recall: Double
    let recall_low: Double
    let recall_high: Double
    let queries: Int
    let grid_queries: Int
    let probes: Int
    let curve: [Point]

    struct Point: Decodable {
      let setting: [String: Int]
      let recall: Double
      let p50_ms: Double
    }
  }

  private struct Found: Decodable {
    let sql: String
    let settings: [String: String]
    let index: String?
  }

  private func decode<Value: Decodable>(_ text: String) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(text.utf8))
  }

  /// Rows in one cloud, in a table that the registry knows.
  private func makeItems(_ rows: Int, in database: TestDatabase) async throws {
    var db = try database.connect()
    try db.executeScript(
      """
      CREATE EXTENSION IF NOT EXISTS vector;
      CREATE TABLE item (id int PRIMARY KEY, name text, kind int, e vector(96));
      SELECT setseed(0.25);
      INSERT INTO item
      SELECT n, 'Item ' || n, n % 5, (
        SELECT array_agg(random() + random() + random() - 1.5 ORDER BY j + n)
        FROM generate_series(1, 96) AS j
      )::vector
      FROM generate_series(1, \(rows)) AS n;
      CREATE TABLE query (id int PRIMARY KEY, e vector(96));
      INSERT INTO query
      SELECT n, (
        SELECT array_agg(random() + random() + random() - 1.5 ORDER BY j + n)
        FROM generate_series(1, 96) AS j
      )::vector
      FROM generate_series(1, 600) AS n;
      ANALYZE item;
      """
    )
    try await database.succeed(
      "encoder",
      "adopt",
      "item.e",
      "--as",
      "ours",
      "--from",
      "file:ours",
      "--template",
      "{name}"
    )
  }

  private func use(_ variant: String, in database: TestDatabase) async throws {
    try await database.succeed("index", "use", variant, "--table", "item", "--encoder", "ours")
  }

  /// The recall of vectors that no index has seen, by SQL as one writes it by hand.
  private func recall(_ tuned: Tuned, on db: inout PQConnection) throws -> (
    mean: Double, halfWidth: Double
  ) {
    let probe = "(SELECT e FROM query WHERE id = $1)"
    let exact = "SELECT id FROM item ORDER BY e <=> \(probe) LIMIT 10"
    let coarse =
      switch tuned.variant {
      case "hnsw_halfvec": "e::halfvec(96) <=> \(probe)::halfvec(96)"
      case "hnsw_binary": "binary_quantize(e)::bit(96) <~> binary_quantize(\(probe))::bit(96)"
      default: "e <=> \(probe)"
      }
    let usual = """
      SELECT id FROM (SELECT id, e FROM item ORDER BY \(coarse) LIMIT \(tuned.setting["candidates"] ?? 10)) AS near
      ORDER BY e <=> \(probe) LIMIT 10
      """
    var shares: [Double] = []
    try db.execute("BEGIN")
    for key in 1...600 {
      let binds = [SQLBind(key)]
      try db.executeScript(
        "SET LOCAL enable_indexscan = off; SET LOCAL enable_seqscan = on; SET LOCAL enable_sort = on"
      )
      let wanted = try db.query(SQLStatement(text: exact, binds: binds)).map { try $0[0] as Int }
      try db.executeScript("SET LOCAL enable_indexscan = on; SET LOCAL enable_seqscan = off")
      for (name, value) in tuned.settings {
        try db.execute("SELECT set_config(\(name), \(value), true)")
      }
      let found = try db.query(SQLStatement(text: usual, binds: binds)).map { try $0[0] as Int }
      shares.append(Double(Set(found).intersection(wanted).count) / Double(wanted.count))
    }
    try db.execute("ROLLBACK")
    let mean = shares.reduce(0, +) / Double(shares.count)
    let squares = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let count = Double(shares.count)
    return (mean, 1.96 * (squares / (count - 1) / count).squareRoot())
  }

  @Test(
    .temporaryDatabase,
    arguments: [("hnsw", 0.95), ("hnsw_halfvec", 0.95), ("hnsw_binary", 0.8), ("ivfflat", 0.9)]
  )
  func `finds settings whose recall holds on other rows, keeps them, and searches take them`(
    variant: String,
    target: Double
  ) async throws {
    let database = try TestDatabase.current
    try await makeItems(6000, in: database)
    try await use(variant, in: database)
    let tuned: Tuned = try decode(
      try await database.succeed(
        "tune",
        "--table",
        "item",
        "--target-recall",
        "\(target)",
        "--probes",
        "600",
        "--seed",
        "1",
        "--apply",
        "--format",
        "json"
      )
    )
    #expect(tuned.variant == variant && tuned.reached && tuned.applied)
    #expect(tuned.recall >= target - 1e-9 && tuned.probes == 600)
    // Six lists leave five settings to try.
    let share = variant == "ivfflat" ? 1 : 10
    #expect(
      share * tuned.queries <= tuned.grid_queries,
      "\(tuned.queries) of \(tuned.grid_queries)"
    )
    #expect(tuned.curve.count >= 3)
    #expect(tuned.curve.contains { $0.setting == tuned.setting && $0.recall == tuned.recall })
    #expect((tuned.setting["candidates"] != nil) == variant.hasPrefix("hnsw_"))
    // The cheapest: one step less does not reach it.
    let name = variant == "ivfflat" ? "probes" : "ef_search"
    let isCheaper = { (one: [String: Int], other: [String: Int]) in
      (one[name] ?? 0, one["candidates"] ?? 0) < (other[name] ?? 0, other["candidates"] ?? 0)
    }
    let cheaper = tuned.curve.filter { isCheaper($0.setting, tuned.setting) }
    #expect(cheaper.contains { $0.recall < target }, "\(tuned)")

    let search = ["similar", "7", "--table", "item", "--limit", "10", "--format", "json"]
    let outcome = try await database.dbtool(search)
    let found: Found = try decode(outcome.stdout)
    #expect(found.index != nil)
    for (name, value) in tuned.settings { #expect(found.settings[name] == value) }
    // Thousands of queries one after the other: other tests need the threads that all of them share.
    let others = try await onOwnThread {
      var db = try database.connect()
      return try recall(tuned, on: &db)
    }
    let noise = tuned.recall_high - tuned.recall + others.halfWidth
    // Of an index that misses whole lists, rows differ more than so many of them can settle.
    let within = variant == "ivfflat" ? max(0.01, 2 * noise) : max(0.01, 1.3 * noise)
    #expect(abs(others.mean - tuned.recall) <= within, "\(others), \(tuned.recall)")

    let check = try await database.dbtool("tune", "--check", "--table", "item", "--probes", "500")
    #expect(check.status == 0 && check.stdout.hasSuffix("as it should\n"), "\(check)")
  }

  @Test(.temporaryDatabase)
  func `what is kept holds for the searches that were measured, and for that index`() async throws {
    let database = try TestDatabase.current
    try await makeItems(4000, in: database)
    try await use("hnsw", in: database)
    let text = try await database.succeed("tune", "--table", "item", "--probes", "200", "--apply")
    #expect(
      text.contains("in the registry: searches for up to 10") && text.contains("│"),
      "\(text)"
    )
    var db = try database.connect()
    let kept: Int = try db.query("SELECT ef_search FROM dbtool.tuning").scalar()
    #expect(kept < 200)
    let searches = [
      ([], "\(kept)"), (["--limit", "20"], "200"), (["--where", "kind = 2"], "200"),
      (["--metric", "l2"], "200"),
    ]
    for (options, wanted) in searches {
      let search = ["similar", "7", "--table", "item", "--show-sql"] + options
      let script = try await database.dbtool(search).stdout
      #expect(script.contains("SET LOCAL hnsw.ef_search = \(wanted);"), "\(options) \(script)")
    }

    // With so few candidates the recall is lost, and the check says so.
    try db.execute("UPDATE dbtool.tuning SET ef_search = 1")
    let check = ["tune", "--check", "--table", "item", "--probes", "200"]
    let lost = try await database.dbtool(check)
    #expect(lost.status == 1 && lost.stdout.contains("too little"), "\(lost)")
    // Without a name all that is kept is checked.
    let all = try await database.dbtool("tune", "--check", "--probes", "100", "--format", "json")
    #expect(all.status == 1 && all.stdout.contains(#""table": "item""#), "\(all)")

    // Another index knows nothing of it, and the first one takes it up again.
    try await use("hnsw_halfvec", in: database)
    expectRefusal(try await database.dbtool(check), 78, says: "hnsw_halfvec", "tune --apply")
    let usual = try await database.succeed("similar", "7", "--table", "item", "--show-sql")
    #expect(usual.contains("SET LOCAL hnsw.ef_search = 400;"), "\(usual)")
    try await use("hnsw", in: database)
    #expect(try await database.dbtool(check).status == 1)

    // Whoever may make no table cannot hold rows out; nobody else's rows are there twice.
    try await database.withRole { role in
      try db.execute("GRANT SELECT ON item TO \(ident: role)")
      let url = database.url(user: role)
      let denied = try await database.dbtool("tune", "--table", "item", "--probes", "50", url: url)
      expectRefusal(denied, 77, says: "permission denied for schema public", "GRANT CREATE")
      let unread = try await database.dbtool("tune", "--table", "item", "--apply", url: url)
      expectRefusal(unread, 77, says: "the registry", "GRANT USAGE")
    }
    let copies: Int = try db.query(
      "SELECT count(*) FROM pg_class WHERE relname LIKE 'dbtool_copy%'"
    ).scalar()
    #expect(copies == 0)

    // What was kept for more neighbours is not replaced in silence.
    try db.execute("UPDATE dbtool.tuning SET neighbors = 50")
    let fewer = try await database.succeed("tune", "--table", "item", "--probes", "50", "--apply")
    #expect(fewer.contains("instead") && fewer.contains("--k 50"), "\(fewer)")
  }

  @Test(.temporaryDatabase)
  func `a partitioned table is searched by the indexes of its parts, and not tuned`() async throws {
    let database = try TestDatabase.current
    try await makeItems(4000, in: database)
    var db = try database.connect()
    try db.executeScript(
      """
      CREATE TABLE whole (LIKE item, PRIMARY KEY (id)) PARTITION BY RANGE (id);
      CREATE TABLE part_1 PARTITION OF whole FOR VALUES FROM (1) TO (2001);
      CREATE TABLE part_2 PARTITION OF whole FOR VALUES FROM (2001) TO (4001);
      INSERT INTO whole SELECT * FROM item;
      CREATE INDEX ON whole USING hnsw (e vector_cosine_ops);
      ANALYZE whole;
      CREATE VIEW all_of_it AS SELECT * FROM whole;
      """
    )
    let search = ["similar", "7", "--table", "whole", "--limit", "5"]
    let outcome = try await database.dbtool(search + ["--format", "json"])
    let found: Found = try decode(outcome.stdout)
    #expect(found.index == "part_1_e_idx, part_2_e_idx")
    let report = try await database.dbtool(["explain", "--recall"] + search).stdout
    #expect(report.contains("asked 5, returned 5, visited") && report.contains("recall"))
    // Each part gives at least one row to choose from, and one of them the probe itself.
    let visited = try #require(report.firstMatch(of: /visited ([0-9]+)/))
    #expect(try #require(Int(visited.1)) >= 6, "\(report)")
    let tune = try await database.dbtool("tune", "--table", "whole")
    expectRefusal(tune, 78, says: "is partitioned", "--recall")
    let part = try await database.dbtool("tune", "--table", "part_1")
    expectRefusal(part, 66, says: "a partition of whole")
    let view = try await database.dbtool("tune", "--table", "all_of_it", "--key", "id")
    expectRefusal(view, 78, says: "is a view")
  }

  @Test(.temporaryDatabase)
  func `refuses what cannot be tuned`() async throws {
    let database = try TestDatabase.current
    try await makeItems(3000, in: database)
    let tune = ["tune", "--table", "item"]
    expectRefusal(try await database.dbtool(tune), 78, says: "no index serves", "index use hnsw")
    try await use("hnsw_binary", in: database)
    let all = try await database.dbtool(
      tune + ["--target-recall", "0.9999", "--apply", "--probes", "100"]
    )
    #expect(all.status == 1 && all.stdout.contains("no setting of this index reaches"), "\(all)")
    var db = try database.connect()
    #expect(try db.query("SELECT count(*) FROM dbtool.tuning").scalar() == 0)
    expectRefusal(try await database.dbtool(tune + ["--check"]), 78, says: "nothing is kept")
    for (options, word) in [
      (["--target-recall", "1"], "below 1"), (["--target-recall", "nan"], "target-recall"),
      (["--target-recall", "-0.5"], "above 0"), (["--k", "0"], "1 to 200"),
      (["--probes", "5"], "30 to 10000"), (["--check", "--apply"], "--check"),
    ] {
      expectRefusal(try await database.dbtool(tune + options), 64, says: word)
    }
    expectRefusal(try await database.dbtool("tune", "--table", "no_such"), 66, says: "no_such")

    try db.executeScript(
      """
      CREATE TABLE bare AS SELECT * FROM item;
      ALTER TABLE bare ADD PRIMARY KEY (id);
      CREATE INDEX ON bare USING hnsw (e vector_cosine_ops);
      CREATE TABLE few AS SELECT * FROM item LIMIT 500;
      ALTER TABLE few ADD PRIMARY KEY (id);
      CREATE INDEX ON few USING hnsw (e vector_cosine_ops);
      """
    )
    expectRefusal(
      try await database.dbtool("tune", "--table", "bare", "--apply"),
      78,
      says: "not in the registry",
      "encoder adopt"
    )
    expectRefusal(try await database.dbtool("tune", "--table", "few"), 78, says: "500 vectors")
    expectRefusal(try await database.dbtool("tune", "--check"), 78, says: "nothing to check")
  }
}
