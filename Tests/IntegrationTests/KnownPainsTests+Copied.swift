import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

extension KnownPainsTests {
  /// SQL as it stands in tutorials.
  @Suite("Defects in the SQL that people copy")
  struct CopiedDefectTests {
    private static let near = "(SELECT embedding FROM product WHERE id = 7)"

    @Test func `an order by similarity begins with rows that have no vector`() throws {
      var db = try TestDatabase.current.connect()
      let usual = try db.query(
        """
        SELECT id, 1 - (embedding <=> \(unsafeRaw: Self.near)) AS similarity FROM product
        ORDER BY similarity DESC LIMIT 20
        """
      )
      let similarities: [Double?] = try usual.map { try $0["similarity"] }
      #expect(similarities.prefix(10).allSatisfy { $0 == nil })
      #expect(similarities.suffix(10).allSatisfy { $0?.isNaN == true })

      for mode in [SearchMode.exact, .approximate(efSearchFloor: 40)] {
        let search = try KnownPainsTests.search(limit: 20).mode(mode)
        let rows = try db.run(search.statement)
        let ids: [Int] = try rows.map { try $0["id"] }
        let distances: [Double] = try rows.map { try $0["distance"] }
        #expect(ids.count == 20 && ids.allSatisfy { $0 <= 50_000 })
        #expect(distances == distances.sorted() && distances.allSatisfy { $0 < 0.5 })
      }
    }

    @Test func `a title that two rows have is no row`() async throws {
      let database = try TestDatabase.current
      var db = try database.connect()
      let refusal = #expect(throws: PostgresError.self) {
        try db.query(
          """
          SELECT id FROM product
          ORDER BY embedding <=> (SELECT embedding FROM product WHERE name = 'Twin') LIMIT 5
          """
        )
      }
      #expect(refusal?.message == "more than one row returned by a subquery used as an expression")
      let twins = try await database.dbtool("similar", "Twin", "--table", "product")
      expectRefusal(twins, 65, says: "\"Twin\" may be 2 rows of table product", "100", "200")
      try await database.succeed("similar", "100", "--table", "product")
    }

    @Test(.temporaryVectorDatabase)
    func `more lists make IVFFlat faster, and blind`() async throws {
      let database = try TestDatabase.current
      var db = try database.connect()
      try db.executeScript(
        """
        CREATE TABLE product (id int NOT NULL, embedding vector(8));
        INSERT INTO product
        SELECT n, l2_normalize((
                 SELECT array_agg(hashint8extended(n, i) / 1e19) FROM generate_series(1, 8) AS i
               )::vector)
        FROM generate_series(1, 5000) AS n
        """
      )
      let vectors = Embedding<Tiny>(
        table: KnownPainsTests.table,
        key: "id",
        column: "embedding",
        dimension: 8
      )
      func found(_ probe: Int, _ mode: SearchMode) throws -> Set<Int> {
        let search = try KnownPainsTests.search(
          .row(SQLBind(probe), of: vectors.column),
          in: vectors.column
        )
        return Set(try db.run(search.mode(mode).statement).map { try $0["id"] })
      }
      let exact = try (1...50).map { try found($0, .exact) }
      // Five thousand rows are compared sooner than a coarse index is read.
      try db.executeScript("SET enable_seqscan = off")
      /// The share of the true neighbours that an index finds.
      func recall() throws -> Double {
        let hits = try exact.enumerated().map { place, rows in
          try found(place + 1, .approximate(efSearchFloor: 200)).intersection(rows).count
        }
        return Double(hits.reduce(0, +)) / 500
      }
      var recalls: [Double] = []
      for lists in [5, 500] {
        try db.executeScript(
          """
          DROP INDEX IF EXISTS usual;
          CREATE INDEX usual ON product USING ivfflat (embedding vector_cosine_ops) WITH (lists = \(lists))
          """
        )
        recalls.append(try recall())
      }
      #expect(recalls[1] < recalls[0] && recalls[1] < 0.5, "\(recalls)")
      try db.executeScript("DROP INDEX usual")
      try db.query(vectors.hnsw(by: .cosine).create("ours"))
      #expect(try recall() > 0.98)
      try db.executeScript("DROP INDEX ours")
      // The rule makes five lists of five thousand rows, and more of them are read than one.
      let built = try await database.dbtool(
        ["index", "use", "ivfflat", "--table", "product", "--encoder", "embedding", "-e"]
      )
      #expect(built.status == 0 && built.stderr.contains("lists = 5)"), "\(built)")
    }

    @Test func `cosine distance goes to 2, and the inner product is negative`() throws {
      var db = try TestDatabase.current.connect()
      let distances: [Double] = try db.query(
        "SELECT ARRAY['[1,0]'::vector <=> '[-1,0]', '[1,2]'::vector <#> '[3,4]']"
      ).scalar()
      #expect(distances == [2, -11])
      #expect(DistanceMetric.cosine.similarity(distance: 2) == -1)
      #expect(DistanceMetric.innerProduct.similarity(distance: -11) == 11)
      let search = try KnownPainsTests.search(by: .innerProduct)
      let rows = try db.run(search.statement)
      let largest: [Double] = try db.query(
        """
        SELECT inner_product(embedding, \(unsafeRaw: Self.near)) AS product FROM product
        WHERE embedding IS NOT NULL AND id <> 7 ORDER BY product DESC LIMIT 10
        """
      ).map { try $0["product"] }
      let similarities = try rows.map {
        DistanceMetric.innerProduct.similarity(distance: try $0["distance"])
      }
      #expect(similarities == largest && largest.count == 10)
    }

    @Test func `an average over the rows of orders counts a product as often as it was bought`()
      throws
    {
      var db = try TestDatabase.current.connect()
      try db.transaction { db throws in
        try db.executeScript(
          """
          SET LOCAL enable_indexscan = off;
          INSERT INTO order_line SELECT 77, 8, 1 FROM generate_series(1, 9);
          INSERT INTO order_line VALUES (77, 9, 1)
          """
        )
        func nearest(to mean: String) throws -> [Int] {
          try db.query(
            """
            WITH profile AS (\(unsafeRaw: mean))
            SELECT id FROM product WHERE embedding IS NOT NULL
            ORDER BY embedding <=> (SELECT v FROM profile), id LIMIT 10
            """
          ).map { try $0["id"] }
        }
        let usual = try nearest(
          to:
            "SELECT avg(embedding) AS v FROM order_line JOIN product ON id = product_id WHERE customer_id = 77"
        )
        let once = try nearest(to: "SELECT avg(embedding) AS v FROM product WHERE id IN (8, 9)")
        #expect(usual != once)
        func ours(_ weight: ProfileWeight) throws -> [Int] {
          let probe = KnownPainsTests.profile(of: 77, weight: weight)
          let search = try KnownPainsTests.search(probe).mode(.exact)
          return try db.run(search.statement).map { try $0["id"] }
        }
        #expect(try ours(.equal) == once)
        // As often as bought is a choice, not an accident.
        #expect(try ours(.count) == usual)
        try db.execute("DELETE FROM order_line WHERE customer_id = 77")
      }
    }

    @Test func `rows at one distance come in any order`() throws {
      var db = try TestDatabase.current.connect()
      try db.executeScript(
        """
        CREATE TEMPORARY TABLE tied (id int PRIMARY KEY, embedding vector(2));
        INSERT INTO tied SELECT n, '[1,1]' FROM generate_series(30, 1, -1) AS n
        """
      )
      let usual: [Int] = try db.query("SELECT id FROM tied ORDER BY embedding <=> '[1,0]' LIMIT 3")
        .map { try $0["id"] }
      #expect(usual != [1, 2, 3])
      let column = EmbeddingColumn(
        table: Table("tied"),
        key: "id",
        column: "embedding",
        encoder: "tiny",
        dimension: 2
      )
      let search = try NearestNeighbors(
        column,
        to: .vector(PGVector([1, 0])),
        by: .cosine,
        limit: 3
      )
      for mode in [SearchMode.exact, .approximate(efSearchFloor: 40)] {
        let ours: [Int] = try db.run(search.mode(mode).statement).map { try $0["id"] }
        #expect(ours == [1, 2, 3])
      }
    }

    @Test(arguments: DistanceMetric.allCases)
    func `what is shown is not what is ordered by`(metric: DistanceMetric) throws {
      var db = try TestDatabase.current.connect()
      let usual = try db.query(
        """
        SELECT embedding <-> v AS shown FROM (SELECT v, n * v AS embedding FROM (VALUES ('[1,1]'::vector)) AS p (v),
          LATERAL (VALUES ('[9,9]'::vector), ('[1,2]')) AS f (n)) AS t
        ORDER BY embedding <=> v
        """
      )
      let shown: [Double] = try usual.map { try $0["shown"] }
      #expect(shown != shown.sorted())
      let search = try KnownPainsTests.search(by: metric, limit: 50).mode(.exact)
      let distances: [Double] = try db.run(search.statement).map { try $0["distance"] }
      #expect(distances == distances.sorted() && distances.count == 50)
    }

    @Test func `settings and functions that there are not`() throws {
      var db = try TestDatabase.current.connect()
      try db.execute("SELECT '[1]'::vector")
      for (usual, problem) in [
        (
          "SET hnsw.max_scan_tuples = 0",
          "0 is outside the valid range for parameter \"hnsw.max_scan_tuples\" (1 .. 2147483647)"
        ), ("SELECT l2_norm('[3,4]')", "function l2_norm(unknown) is not unique"),
        ("SELECT l2_norm('[3,4]'::vector)", "function l2_norm(vector) is not unique"),
      ] {
        let refusal = #expect(throws: PostgresError.self) { try db.executeScript(usual) }
        #expect(refusal?.message == problem)
      }
      // What the builder wants is taken, for vectors and for their halves.
      try db.executeScript(
        "CREATE TEMPORARY TABLE halves AS SELECT id, embedding::halfvec(32) AS half FROM product WHERE id < 100"
      )
      let halves = EmbeddingColumn(
        table: Table("halves"),
        key: "id",
        column: "half",
        encoder: "tiny",
        dimension: 32,
        storage: .halfvec
      )
      for column in [KnownPainsTests.products.column, halves] {
        let probe = Probe.mean(of: SQLBind([7, 8]), column)
        for limit in [1, 40, 2000] {
          let search = try KnownPainsTests.search(probe, in: column, limit: limit)
          #expect(try db.run(search.statement).count == (column == halves ? min(limit, 97) : limit))
          for setting in search.settings { #expect(setting.name != "hnsw.max_scan_tuples") }
        }
      }
    }

    @Test func `a name in mixed case is folded unless it is quoted`() throws {
      var db = try TestDatabase.current.connect()
      try db.executeScript(
        """
        CREATE TEMPORARY TABLE "Mixed" (id int PRIMARY KEY, "embedding_MiniLM" vector(2));
        INSERT INTO "Mixed" VALUES (1, '[1,0]'), (2, '[0,1]')
        """
      )
      let refusal = #expect(throws: PostgresError.self) {
        try db.executeScript("SELECT embedding_MiniLM FROM \"Mixed\"")
      }
      #expect(refusal?.message == "column \"embedding_minilm\" does not exist")
      let mixed = EmbeddingColumn(
        table: Table("Mixed"),
        key: "id",
        column: "embedding_MiniLM",
        encoder: "tiny",
        dimension: 2
      )
      let search = try KnownPainsTests.search(.row(SQLBind(1), of: mixed), in: mixed)
      let found: [Int] = try db.run(search.statement).map { try $0["id"] }
      #expect(found == [2])
    }
  }
}
