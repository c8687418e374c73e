import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

extension KnownPainsTests {
  /// Pains of the table itself, each with a database of its own.
  @Suite("Painful dimensions and schemas")
  struct PainfulTableTests {
    private enum Large: EncoderLabel {
      typealias Size = UpTo4000
      static let name = "large"
    }
    private enum Huge: EncoderLabel { static let name = "huge" }

    @Test(.temporaryVectorDatabase)
    func `more than 2000 dimensions cannot be indexed as they are`() throws {
      var db = try TestDatabase.current.connect()
      try db.executeScript(
        """
        CREATE TABLE article (id int PRIMARY KEY, large vector(3072), huge vector(5000));
        INSERT INTO article
        SELECT n, (SELECT array_agg(sin(n * i)) FROM generate_series(1, 3072) AS i)::vector,
               (SELECT array_agg(sin(n * i)) FROM generate_series(1, 5000) AS i)::vector
        FROM generate_series(1, 200) AS n
        """
      )
      for (column, problem) in [
        ("large vector_cosine_ops", "column cannot have more than 2000 dimensions for hnsw index"),
        (
          "(huge::halfvec(5000)) halfvec_cosine_ops",
          "column cannot have more than 4000 dimensions for hnsw index"
        ),
      ] {
        let refusal = #expect(throws: PostgresError.self) {
          try db.executeScript("CREATE INDEX ON article USING hnsw (\(column))")
        }
        #expect(refusal?.message == problem)
      }

      let table = Table("article")
      let large = Embedding<Large>(table: table, key: "id", column: "large", dimension: 3072)
      let huge = Embedding<Huge>(table: table, key: "id", column: "huge", dimension: 5000)
      for index in [
        large.hnswOnHalfvec(by: .cosine).create("article_halfvec"),
        large.hnswOnBits().create("article_bits"), huge.hnswOnBits().create("article_huge_bits"),
      ] { try db.query(index) }
      // Two hundred rows are compared sooner than any index is read.
      try db.executeScript("ANALYZE article; SET enable_seqscan = off")
      for (column, stage, index) in [
        (large.column, VectorCopy.halfvec, "article_halfvec"),
        (large.column, .binary, "article_bits"), (huge.column, .binary, "article_huge_bits"),
      ] {
        let search = try KnownPainsTests.search(.row(SQLBind(7), of: column), in: column, limit: 5)
        let coarse = search.firstStage(.init(stage, candidates: 200))
        #expect(try Plan(of: coarse.statement, on: &db).orderedIndexes == [index])
        let found: [Int] = try db.run(coarse.statement).map { try $0["id"] }
        // As many candidates as rows: nothing can be missed.
        let exact: [Int] = try db.run(search.mode(.exact).statement).map { try $0["id"] }
        #expect(found == exact && found.count == 5)
      }
    }

    @Test(.temporaryDatabase)
    func `pgvector in a schema that is not on the search path is not found`() async throws {
      let database = try TestDatabase.current
      var db = try database.connect()
      try db.executeScript(
        """
        CREATE SCHEMA "My Types";
        CREATE EXTENSION vector SCHEMA "My Types";
        CREATE TABLE product (id int PRIMARY KEY, name text, price int, embedding "My Types".vector(3));
        INSERT INTO product
        SELECT n, 'Product ' || n, n % 10, ARRAY[cos(n / 900.0), sin(n / 900.0), 0]::"My Types".vector
        FROM generate_series(1, 2000) AS n;
        CREATE TABLE order_line (customer_id int, product_id int);
        INSERT INTO order_line VALUES (5, 10), (5, 12);
        CREATE INDEX product_embedding ON product USING hnsw (embedding "My Types".vector_cosine_ops);
        ANALYZE
        """
      )
      for (usual, problem) in [
        (
          "SELECT id FROM product ORDER BY embedding <=> (SELECT embedding FROM product WHERE id = 7) LIMIT 5",
          "operator does not exist: \"My Types\".vector <=> \"My Types\".vector"
        ), ("SELECT '[1,2,3]'::vector", "type \"vector\" does not exist"),
      ] {
        let refusal = #expect(throws: PostgresError.self) { try db.executeScript(usual) }
        #expect(refusal?.message == problem)
      }

      // A table as small as this is read whole otherwise.
      let url = try database.url(options: "-c enable_seqscan=off")
      struct Found: Decodable {
        struct Row: Decodable { var id: Int }
        var rows: [Row], complete: Bool, index: String?
      }
      for (arguments, nearest) in [
        (["similar", "7"], [6, 8]), (["similar", "Product 7", "--where", "price < 9"], [6, 8]),
        (
          ["recommend", "--for", "5", "--interactions", "order_line(customer_id, product_id)"],
          [11, 9]
        ),
        (["recommend", "--like", "10,12"], [11]),
      ] {
        let command = arguments + ["--table", "product", "--limit", "2"]
        let outcome = try await DBToolProcess.run(
          command + ["--format", "json"],
          environment: ["DATABASE_URL": url]
        )
        try #require(outcome.status == 0, "\(outcome)")
        let found = try JSONDecoder().decode(Found.self, from: Data(outcome.stdout.utf8))
        #expect(found.complete && found.index == "product_embedding", "\(outcome)")
        let ids = found.rows.map(\.id)
        #expect(Set(ids).isSuperset(of: nearest.prefix(1)), "\(arguments): \(ids)")
        // The script finds the types in a session that has never heard of them.
        let script = try await DBToolProcess.run(
          command + ["--show-sql"],
          environment: ["DATABASE_URL": url]
        )
        let printed = try await database.psql(script.stdout, url: url).split(separator: "\n")
          .map { $0.split(separator: "\u{1F}").first.flatMap { Int($0) } }
        #expect(printed == ids)
      }
    }
  }
}
