import DBToolActions
import Foundation
import PQClient
import PlanVerdict
import TestSupport
import Testing
import VectorSQL

extension KnownPainsTests {
  /// Each cause of a search that no index serves, provoked on 50,000 rows: named, and where the text is to
  /// blame, ended by the corrected statement.
  @Suite("The verdict of explain", .explainedTables)
  struct ExplainVerdictTests {
    @Test(arguments: cases) func `names the cause, and corrects what is to be corrected`(
      _ expected: Case
    ) async throws {
      let database = try TestDatabase.current
      let report = try await database.explain(expected.sql)
      let verdict = report.verdict
      #expect(verdict.cause == expected.cause, "\(verdict)")
      #expect(verdict.sentence.contains(expected.words), "\(verdict.sentence)")
      #expect((verdict.corrected != nil) == expected.isCorrected)
      #expect(verdict.remedies.first?.hasPrefix(expected.remedy ?? "") ?? (expected.remedy == nil))
      if let corrected = verdict.corrected {
        #expect(corrected.differences.isEmpty == (expected.difference == nil))
        if let difference = expected.difference {
          #expect(corrected.differences.joined().contains(difference))
        }
        #expect(corrected.is_taken)
        var db = try database.connect()
        let plan = try Plan(of: SQLStatement(text: corrected.sql, binds: []), on: &db)
        #expect(!plan.orderedIndexes.isEmpty, "\(corrected.sql)")
        #expect(try !db.query(SQLStatement(text: corrected.sql, binds: [])).isEmpty)
      }
    }

    /// Where pgvector is not on the search_path, an operator has its schema.
    @Test(arguments: [
      "1 - (embedding OPERATOR(public.<=>) $1) DESC", "public.cosine_distance(embedding, $1)",
    ])
    func `an operator keeps its schema`(order: String) async throws {
      let database = try TestDatabase.current
      let probe = "(SELECT embedding FROM public.product WHERE id = 7)"
      let report = try await database.explain(
        "SET search_path = pg_catalog; SELECT id FROM public.product ORDER BY \(order.replacing("$1", with: probe)) LIMIT 5"
      )
      let corrected = try #require(report.verdict.corrected)
      #expect(corrected.sql.contains("ORDER BY embedding OPERATOR(public.<=>) (SELECT"))
      #expect(corrected.is_taken)
      var db = try database.connect()
      let plan = try Plan(of: SQLStatement(text: corrected.sql, binds: []), on: &db)
      #expect(!plan.orderedIndexes.isEmpty)
    }

    @Test func `says of a served search which index, and what the other way would cost`()
      async throws
    {
      let report = try await TestDatabase.current.explain(
        "SELECT id FROM product ORDER BY embedding <=> \(Self.probe) LIMIT 5"
      )
      #expect(report.verdict.cause == "served")
      #expect(report.verdict.index == "product_cosine")
      #expect(report.verdict.sentence.contains("hnsw, cosine, m 8, ef_construction 32"))
      let other = try #require(report.verdict.other_cost)
      #expect(other > report.verdict.cost)
      let search = try #require(report.search)
      #expect(search.asked == 5 && search.returned == 5 && search.visited == 5)
      #expect(search.stop == "LIMIT was reached")
      #expect(search.index_blocks > 0)
      #expect(report.settings["hnsw.ef_search"] == "40")
    }

    /// Before PostgreSQL 17 no index serves an order by a distance and a key.
    @Test func `takes the key out of the order where the server cannot have it`() async throws {
      let report = try await TestDatabase.current.explain(
        "SELECT id FROM product ORDER BY embedding <=> \(Self.probe), id LIMIT 5"
      )
      guard TestServer.major < 17 else { return #expect(report.verdict.cause == "served") }
      #expect(report.verdict.cause == "unknown")
      #expect(report.verdict.corrected?.sql.contains(", id") == false)
    }

    @Test func `tells what stopped the scan before the LIMIT`() async throws {
      let database = try TestDatabase.current
      let sql =
        "SELECT id FROM product WHERE price = 3 ORDER BY embedding <=> \(Self.probe) LIMIT 20"
      let off = "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off;"
      let short = try await database.explain(off + sql)
      let search = try #require(short.search)
      #expect(search.asked == 20 && search.returned < 20)
      #expect(search.stop.hasPrefix("hnsw.ef_search = 40"))
      #expect(search.remedy?.hasPrefix("SET hnsw.iterative_scan = strict_order;") == true)
      let share = try #require(search.selectivity)
      #expect(abs(share - Double(search.returned) / Double(search.visited)) < 1e-9)
      #expect(abs(try #require(search.selectivity_expected) - 0.02) < 0.005)
      let few = "SET LOCAL hnsw.iterative_scan = strict_order; SET LOCAL hnsw.max_scan_tuples = 60;"
      let bounded = try #require(try await database.explain(off + few + sql).search)
      #expect(bounded.returned < 20)
      #expect(bounded.stop.hasPrefix("hnsw.max_scan_tuples = 60"))
    }

    /// A sub-plan stands at the top of a plan and runs in the node that first asks for its value.
    @Test func `the times and pages of the nodes add up to those of the statement`() async throws {
      let database = try TestDatabase.current
      let sql = """
        WITH mean AS (SELECT avg(embedding) AS v FROM product WHERE id < 3000)
        SELECT id FROM product ORDER BY embedding <=> (SELECT v FROM mean) LIMIT 5
        """
      var db = try database.connect()
      // A second time everything is in memory, and the figures are those of the work.
      for _ in 1...2 {
        let explain = ExplainStatement(SQLStatement(text: sql, binds: []))
        let explanation = try explain.run(on: &db)
        let plan = explanation.explained.plan
        let all = try #require(plan.actualTime)
        #expect(abs(explanation.tree.milliseconds - all) < 0.05 * all + 0.05)
        let blocks = explanation.tree.rows.reduce(0) { $0 + ($1.blocks ?? 0) }
        #expect(blocks == plan.blocks)
        let scan = try #require(explanation.tree.rows.last)
        #expect(scan.title.contains("product_cosine"))
        #expect(try #require(scan.milliseconds) < all)
      }
    }

    @Test func `compares the answer with the exact one`() async throws {
      let database = try TestDatabase.current
      let sql = "SELECT id FROM product ORDER BY embedding <=> \(Self.probe) LIMIT 40"
      let recall = try #require(try await database.explain(sql, "--recall").recall)
      var db = try database.connect()
      let found = Set(try db.query(SQLStatement(text: sql, binds: [])).map { try $0[0] as Int })
      try db.execute("SET enable_indexscan = off")
      let exact = Set(try db.query(SQLStatement(text: sql, binds: [])).map { try $0[0] as Int })
      #expect(recall.exact == 40)
      #expect(recall.found == found.intersection(exact).count)
      #expect(recall.share == Double(recall.found) / 40)
    }
  }
}

/// Tables with one kind of index each, besides the catalogue.
struct ExplainedTablesTrait: SuiteTrait, TestScoping {
  private static let tables = """
    CREATE TABLE half_only AS SELECT id, embedding::vector(32) AS e FROM product WHERE id <= 20000;
    CREATE TABLE bits_only AS SELECT * FROM half_only;
    CREATE TABLE l2_only AS SELECT * FROM half_only;
    CREATE TABLE unreachable AS SELECT * FROM half_only;
    CREATE TABLE partial AS SELECT * FROM half_only;
    CREATE TABLE broken AS SELECT * FROM half_only;
    CREATE TABLE bare AS SELECT * FROM half_only;
    CREATE TABLE small AS SELECT * FROM half_only WHERE id <= 300;
    SET maintenance_work_mem = '128MB';
    CREATE INDEX ON half_only USING hnsw ((e::halfvec(32)) halfvec_cosine_ops) WITH (m = 4, ef_construction = 16);
    CREATE INDEX bits_only_index ON bits_only USING hnsw ((binary_quantize(e)::bit(32)) bit_hamming_ops)
      WITH (m = 4, ef_construction = 16);
    CREATE INDEX ON l2_only USING hnsw (e vector_l2_ops) WITH (m = 4, ef_construction = 16);
    CREATE INDEX ON unreachable USING hnsw ((subvector(e, 1, 8)::vector(8)) vector_cosine_ops)
      WITH (m = 4, ef_construction = 16);
    CREATE INDEX ON partial USING hnsw (e vector_cosine_ops) WITH (m = 4, ef_construction = 16) WHERE id <= 10000;
    CREATE INDEX broken_index ON broken USING hnsw (e vector_cosine_ops) WITH (m = 4, ef_construction = 16);
    CREATE TABLE worded AS SELECT id, (ARRAY['a', 'b', 'c'])[1 + id % 3] AS word, e FROM half_only;
    CREATE INDEX ON worded USING hnsw (e vector_cosine_ops) WITH (m = 4, ef_construction = 16)
      WHERE word IN ('a', 'b');
    UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken_index'::regclass;
    CREATE INDEX ON small USING hnsw (e vector_cosine_ops);
    CREATE TABLE parted (id int, e vector(32)) PARTITION BY RANGE (id);
    CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (10000);
    CREATE TABLE parted_high PARTITION OF parted FOR VALUES FROM (10000) TO (100000);
    INSERT INTO parted SELECT * FROM half_only;
    CREATE INDEX ON parted USING hnsw (e vector_cosine_ops) WITH (m = 4, ef_construction = 16);
    CREATE FUNCTION some_probe() RETURNS vector VOLATILE LANGUAGE sql
      AS 'SELECT embedding FROM product WHERE id = 7';
    VACUUM ANALYZE;
    """

  func provideScope(
    for test: Test,
    testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    var db = try TestDatabase.current.connect()
    for statement in Self.tables.split(separator: ";\n") {
      try db.executeScript(String(statement))
    }
    try await function()
  }
}

extension Trait where Self == ExplainedTablesTrait {
  static var explainedTables: Self { Self() }
}
