import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

extension KnownPainsTests {
  /// What most often goes wrong, by the number of issues about it.
  @Suite("Painful searches")
  struct PainfulSearchTests {
    private static let near = "(SELECT embedding FROM product WHERE id = 7)"

    private struct Found: Decodable {
      var returned: Int
      var complete: Bool
      var why: String?
      var index: String?
    }

    /// Runs `dbtool … --format json`.
    private func find(
      _ arguments: String...,
      url: String? = nil
    ) async throws -> Found {
      let outcome = try await DBToolProcess.run(
        arguments + ["--format", "json"],
        environment: ["DATABASE_URL": url ?? TestDatabase.current.url]
      )
      try #require(outcome.status == 0, "\(outcome)")
      return try JSONDecoder().decode(Found.self, from: Data(outcome.stdout.utf8))
    }

    // MARK: Filters and limits

    @Test func `a filter of one in a hundred leaves fewer rows than the limit`() async throws {
      var db = try TestDatabase.current.connect()
      let usual = SQLStatement(
        "SELECT id FROM product WHERE category = 7 ORDER BY embedding <=> \(unsafeRaw: Self.near) LIMIT 10"
      )
      #expect(try Plan(of: usual, on: &db).orderedIndexes == ["product_cosine"])
      #expect(try db.query(usual).count < 10)

      let category = TypedColumn<Int32>(KnownPainsTests.table, "category")
      let search = try KnownPainsTests.search().where(category == 7)
      #expect(try Plan(of: search.statement, on: &db).orderedIndexes == ["product_cosine"])
      #expect(try db.run(search.statement).count == 10)
      let found = try await find(
        "similar",
        "7",
        "--table",
        "product",
        "--where",
        "category = 7",
        "--limit",
        "10"
      )
      #expect(found.returned == 10 && found.complete && found.why == nil)
    }

    @Test func `a scan that stops early says so`() async throws {
      // All products of the row's own cluster have the price 7.
      func others(url: String? = nil) async throws -> Found {
        try await find(
          "similar",
          "7",
          "--table",
          "product",
          "--where",
          "price != 7",
          "--limit",
          "100",
          url: url
        )
      }
      let short = try await others(
        url: TestDatabase.current.url(options: "-c hnsw.max_scan_tuples=1")
      )
      #expect(short.index == "product_cosine" && short.returned < 100 && !short.complete)
      #expect(short.why?.contains("stopped at hnsw.max_scan_tuples") == true, "\(short)")
      let whole = try await others()
      #expect(whole.index == "product_cosine" && whole.returned == 100 && whole.complete)
    }

    @Test func `the rows that the probe is made of take the place of others`() throws {
      var db = try TestDatabase.current.connect()
      let keys: [Int] = try db.query(
        "SELECT id FROM product ORDER BY (embedding <=> \(unsafeRaw: Self.near)) + 0, id LIMIT 300"
      ).map { try $0["id"] }
      let usual = SQLStatement(
        """
        SELECT id FROM product WHERE id <> ALL (\(keys))
        ORDER BY embedding <=> (SELECT avg(embedding) FROM product WHERE id = ANY (\(keys))) LIMIT 10
        """
      )
      #expect(try Plan(of: usual, on: &db).orderedIndexes == ["product_cosine"])
      #expect(try db.query(usual).count < 10)
      let probe = Probe.mean(of: SQLBind(keys), KnownPainsTests.products.column)
      let search = try KnownPainsTests.search(probe)
      #expect(try Plan(of: search.statement, on: &db).orderedIndexes == ["product_cosine"])
      #expect(try db.run(search.statement).count == 10)
    }

    @Test(arguments: [100, 1000, 2000])
    func `a limit above ef_search is cut at 40, and above 1000 too`(limit: Int) throws {
      var db = try TestDatabase.current.connect()
      let usual = SQLStatement(
        "SELECT id FROM product ORDER BY embedding <=> \(unsafeRaw: Self.near) LIMIT \(literal: limit)"
      )
      #expect(try db.query(usual).count == 40)
      // pgvector takes no more than 1000.
      let most = [SQLSetting("hnsw.ef_search", "1000")]
      let widened = SQLStatement(text: usual.text, binds: [], settings: most)
      #expect(try db.run(widened).count == min(limit, 1000))

      let search = try KnownPainsTests.search(limit: limit)
      #expect(try Plan(of: search.statement, on: &db).orderedIndexes == ["product_cosine"])
      #expect(try db.run(search.statement).count == limit)
    }

    // MARK: Expressions that no index serves

    @Test(arguments: [
      "1 - (embedding <=> \(near)) DESC", "cosine_distance(embedding, \(near))",
      "round((embedding <=> \(near))::numeric, 4)", "(embedding <=> \(near)) DESC",
    ])
    func `an order by similarity or by a function reads every row`(order: String) throws {
      var db = try TestDatabase.current.connect()
      let usual = SQLStatement("SELECT id FROM product ORDER BY \(unsafeRaw: order) LIMIT 10")
      let plan = try Plan(of: usual, on: &db)
      #expect(plan.orderedIndexes.isEmpty && plan.readsAll("product"))
      let ours = try Plan(of: KnownPainsTests.search().statement, on: &db)
      #expect(ours.orderedIndexes == ["product_cosine"] && !ours.readsAll("product"))
    }

    @Test func `a probe from a cross join reads every row`() throws {
      var db = try TestDatabase.current.connect()
      let usual = SQLStatement(
        """
        WITH profile AS (
          SELECT avg(embedding) AS v FROM product JOIN order_line ON product_id = id WHERE customer_id = 3
        )
        SELECT id FROM product, profile ORDER BY embedding <=> profile.v LIMIT 10
        """
      )
      let plan = try Plan(of: usual, on: &db)
      #expect(plan.orderedIndexes.isEmpty && plan.readsAll("product"))
      let ours = try KnownPainsTests.search(KnownPainsTests.profile(of: 3)).statement
      #expect(try Plan(of: ours, on: &db).orderedIndexes == ["product_cosine"])
    }

    @Test func `a threshold in WHERE reads every row, or walks the index far beyond it`() throws {
      var db = try TestDatabase.current.connect()
      let distance = "embedding <=> \(Self.near)"
      let unlimited = SQLStatement(
        "SELECT id FROM product WHERE \(unsafeRaw: distance) < 0.1 ORDER BY \(unsafeRaw: distance)"
      )
      #expect(try Plan(of: unlimited, on: &db).readsAll("product"))
      let inside = SQLStatement(
        SQLFragment(unsafeRaw: unlimited.text + " LIMIT 50"),
        settings: [SQLSetting("hnsw.iterative_scan", "strict_order")]
      )
      let walk = try Plan(of: inside, ", ANALYZE", on: &db).orderedScans.first
      #expect(try #require(Plan.number("Rows Removed by Filter", of: walk)) > 1000)

      let search = try KnownPainsTests.search(limit: 50).within(0.1)
      let scan = try Plan(of: search.statement, ", ANALYZE", on: &db).orderedScans.first
      #expect(scan?["Index Name"] as? String == "product_cosine")
      // From PostgreSQL 17 on the sort of ties looks one row further.
      #expect(try #require(Plan.number("Actual Rows", of: scan)) <= 51)
      let expected: [Int] = try db.query(unlimited).map { try $0["id"] }
      let found: [Int] = try db.run(search.statement).map { try $0["id"] }
      // The row itself is none of its neighbours; of the others an index may miss one.
      #expect(Set(found).isSubset(of: expected.filter { $0 != 7 }) && !found.isEmpty)
    }

    // MARK: Probes

    @Test func `a NULL probe finds rows that mean nothing`() throws {
      var db = try TestDatabase.current.connect()
      let usual: SQLFragment = """
        SELECT id FROM product
        ORDER BY embedding <=> (
          SELECT avg(embedding) FROM product JOIN order_line ON product_id = id WHERE customer_id = 99
        )
        LIMIT 5
        """
      #expect(try db.query(usual).count == 5)
      let column = KnownPainsTests.products.column
      for probe in [
        KnownPainsTests.profile(of: 99), KnownPainsTests.profile(of: 99, weight: .count),
        .mean(of: SQLBind([99_998, 99_999]), column), .mean(of: SQLBind([Int]()), column),
        .mean(of: SQLBind([50_001]), column), .row(SQLBind(99_999), of: column),
        .row(SQLBind(50_001), of: column), .row(SQLBind(50_011), of: column),
        .expression("NULL::vector"),
      ] {
        for mode in [SearchMode.exact, .approximate(efSearchFloor: 40)] {
          let search = try KnownPainsTests.search(probe).mode(mode)
          #expect(try db.run(search.statement).isEmpty, "\(probe)")
        }
      }
    }

    @Test func `a volatile function as the probe reads every row`() throws {
      var db = try TestDatabase.current.connect()
      try db.transaction { db throws in
        try db.execute(
          """
          CREATE FUNCTION encoded(product text) RETURNS vector LANGUAGE sql VOLATILE
          AS 'SELECT embedding FROM product AS p WHERE p.name = encoded.product'
          """
        )
        let usual = SQLStatement(
          "SELECT id FROM product ORDER BY embedding <=> encoded('Product 9') LIMIT 10"
        )
        let plan = try Plan(of: usual, on: &db)
        #expect(plan.orderedIndexes.isEmpty && plan.readsAll("product"))
        let search = try KnownPainsTests.search(.expression("encoded(\("Product 9"))"))
        #expect(try Plan(of: search.statement, on: &db).orderedIndexes == ["product_cosine"])
        let row = try KnownPainsTests.search(.row(SQLBind(9), of: KnownPainsTests.products.column))
        let found: [Int] = try db.run(search.statement).map { try $0["id"] }
        let near: [Int] = try db.run(row.statement).map { try $0["id"] }
        // A graph may miss even the row that the probe is the vector of.
        #expect(found.filter { $0 != 9 }.starts(with: near.prefix(9)), "\(found) \(near)")
        try db.execute("DROP FUNCTION encoded")
      }
    }

    @Test func `vectors of other dimensions are refused by name, and fail on the server`() throws {
      var db = try TestDatabase.current.connect()
      let other = EmbeddingColumn(
        table: Table("article"),
        key: "id",
        column: "embedding",
        encoder: "tiny",
        dimension: 384
      )
      let error = #expect(throws: EncoderMismatch.self) {
        try KnownPainsTests.search(.row(SQLBind(7), of: other))
      }
      #expect(error?.description.contains("\"tiny\" (384 dimensions)") == true)
      let short = try KnownPainsTests.search(.vector(PGVector([1, 2])))
      let refusal = #expect(throws: PostgresError.self) { try db.run(short.statement) }
      #expect(refusal?.message == "different vector dimensions 2 and 32")
      #expect(db.transactionStatus == .idle)
    }
  }
}
