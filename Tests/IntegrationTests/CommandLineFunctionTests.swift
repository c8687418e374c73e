import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

/// `--as function`: the same rows by SQL alone.
@Suite("The command line: functions of the database", .timeLimit(.minutes(30)))
struct CommandLineFunctionTests {
  private struct Found: Decodable {
    struct Row: Decodable { var title: String }
    var rows: [Row]
    var index: String?
  }

  /// Runs a command and the function that it writes, in a session that has not loaded pgvector yet.
  private func expectSameRows(
    _ database: TestDatabase,
    _ arguments: [String],
    call: String,
    url: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> (rows: [String], index: String?) {
    let folder = try ScratchFolder()
    try folder.write("dbtool.json", "{}")
    let url = url ?? database.url
    func run(_ arguments: [String]) async throws -> DBToolProcess.Outcome {
      let outcome = try await DBToolProcess.run(
        arguments,
        environment: ["DATABASE_URL": url],
        directory: folder.path
      )
      try #require(outcome.status == 0, "\(outcome)", sourceLocation: sourceLocation)
      return outcome
    }
    let answer = try await run(arguments + ["--format", "json"])
    let found = try JSONDecoder().decode(Found.self, from: Data(answer.stdout.utf8))
    let name = String(call.prefix { $0 != "(" })
    let written = try await run(arguments + ["--as", "function", name])
    #expect(written.stdout.hasPrefix("migrations/"), sourceLocation: sourceLocation)
    #expect(
      written.stdout.hasSuffix("_create_function_\(name).sql\n"),
      sourceLocation: sourceLocation
    )
    _ = try await run(["migrate", "--allow-nonempty"])
    var db = try PQConnection(ConnectionParameters(uri: url))
    let result = try db.query("SELECT * FROM \(unsafeRaw: call)")
    let rows = try result.map { row in try row[1] as String }
    #expect(rows == found.rows.map(\.title) && !rows.isEmpty, sourceLocation: sourceLocation)
    try db.execute("SELECT pg_stat_force_next_flush()")
    // What the next run finds is a database without a history again.
    _ = try await run(["migrate", "down", "--yes"])
    try db.execute("DROP SCHEMA dbtool CASCADE")
    return (rows, found.index)
  }

  @Test(.temporaryDatabase) func `every command has its function`() async throws {
    let database = try await Shop.make()
    let items = ["--table", Shop.items]
    let buys = items + ["--interactions", "shop.buys(who, what, times, at)"]
    let key = Shop.key(7)
    for (arguments, call) in [
      (["similar", key] + items, "near('\(key)')"),
      (["similar", key, "--where", "price < 20", "--limit", "9"] + items, "cheap('\(key)', 20)"),
      (["similar", key, "--within", "0.01"] + items, "close('\(key)', 0.01)"),
      (["similar", key, "--diversity", "0.7"] + items, "diverse('\(key)', 0.7)"),
      (["similar", key, "--exclude-seen", "--for", "1"] + buys, "unseen('\(key)', 1)"),
      (["similar", "7", "--table", "chunk", "--metric", "l2"], "chunks(7)"),
      (["recommend", "--for", "1"] + buys, "recommended(1)"),
      (["recommend", "--for", "1", "--weight", "recency"] + buys, "lately(1)"),
      (
        ["recommend", "--like", "\(key),Item 9"] + items,
        "alike(ARRAY['\(key)', '\(Shop.key(9))']::uuid[])"
      ),
      (["why", key, "--for", "1"] + buys, "because('\(key)', 1)"),
      (["top"] + buys, "top_products()"),
      (["search", "item 1", "--label-only"] + items, "labelled('item 1')"),
    ] {
      _ = try await expectSameRows(database, arguments, call: call)
    }
  }

  @Test(.temporaryDatabase)
  func `a plain role can make one, and it is served by the same index`() async throws {
    let database = try TestDatabase.current
    var db = try database.connect()
    try db.executeScript("CREATE EXTENSION IF NOT EXISTS vector")
    try await database.withRole { role in
      try db.execute("GRANT CREATE ON DATABASE \(ident: database.name) TO \(ident: role)")
      try db.execute("GRANT CREATE ON SCHEMA public TO \(ident: role)")
      try db.execute("SET ROLE \(ident: role)")
      try db.executeScript(
        """
        CREATE TABLE product (id int PRIMARY KEY, name text, price int, embedding vector(16));
        SELECT setseed(0.5);
        INSERT INTO product
        SELECT n, 'Product ' || n, n % 100,
               (SELECT array_agg(sin(n * (place + 1.7)) + 0.01 * place) FROM generate_series(1, 16) AS place)
        FROM generate_series(1, 30000) AS n;
        CREATE INDEX product_ann ON product USING hnsw (embedding vector_cosine_ops);
        ANALYZE product;
        """
      )
      try db.execute("RESET ROLE")
      func scans() throws -> Int {
        try db.query(
          "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'product_ann'"
        ).scalar()
      }
      for (arguments, call) in [
        (["similar", "7", "--table", "product"], "near(7)"),
        (["similar", "7", "--table", "product", "--where", "price < 90"], "near_cheap(7, 90)"),
      ] {
        let before = try scans()
        let found = try await expectSameRows(
          database,
          arguments,
          call: call,
          url: database.url(user: role)
        )
        #expect(found.index == "product_ann")
        // The command's own run, and the function's.
        #expect(try scans() >= before + 2, "\(call)")
      }
    }
  }

  @Test(.temporaryDatabase) func `what cannot be a function`() async throws {
    let database = try await Shop.make()
    let folder = try ScratchFolder()
    try folder.write("dbtool.json", "{}")
    func run(_ arguments: String...) async throws -> DBToolProcess.Outcome {
      try await database.dbtool(
        ["similar", Shop.key(7), "--table", Shop.items] + arguments,
        directory: folder.path
      )
    }
    expectRefusal(try await run("--as", "function"), 64, says: "--as function")
    expectRefusal(try await run("--as", "function", ""), 64, says: "--as function")
    expectRefusal(try await run("--as", "view", "x"), 64, says: "--as")
    expectRefusal(
      try await run("--as", "function", "x", "--show-sql"),
      64,
      says: "both run nothing"
    )
    #expect(!FileManager.default.fileExists(atPath: folder.path("migrations")))
    let odd = try await run("--as", "function", "shop.\"Near Items\"")
    #expect(odd.status == 0 && odd.stdout.hasSuffix("_create_function_near_items.sql\n"), "\(odd)")
    let applied = try await database.dbtool("migrate", "--allow-nonempty", directory: folder.path)
    #expect(applied.status == 0, "\(applied)")
    var db = try database.connect()
    let count: Int = try db.query("SELECT count(*) FROM shop.\"Near Items\"(\(Shop.key(7))::uuid)")
      .scalar()
    #expect(count == 5)
  }
}
