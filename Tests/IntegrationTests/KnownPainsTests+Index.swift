import PQClient
import TestSupport
import Testing
import VectorSQL

extension KnownPainsTests {
  /// The planner's own choice among 50,000 rows, whatever is asked.
  @Suite("Every kind of search is served by the index")
  struct ServedByIndexTests {
    enum Kind: CaseIterable {
      case row, vector, expression, mean, profile, weightedProfile
      case filter, unseen, within, diverse, because
      case binaryStage, halfvecStage, sideTable, hybrid, everySubject, everySubjectUnseen
    }

    private static let index = [
      Kind.binaryStage: "product_bits", .halfvecStage: "product_halfvec",
      .sideTable: "chunk_vector_cosine",
    ]

    @Test(arguments: Kind.allCases)
    func `and reads it in the order of the distance`(kind: Kind) throws {
      var db = try TestDatabase.current.connect()
      let statement = try Self.statement(kind)
      let plan = try Plan(of: statement, on: &db)
      #expect(plan.orderedIndexes == [Self.index[kind] ?? "product_cosine"], "\(statement.text)")
      let subjects = kind == .everySubject || kind == .everySubjectUnseen ? 20 : 1
      #expect(try db.run(statement).count == 5 * subjects)
    }

    private static func statement(_ kind: Kind) throws -> SQLStatement {
      let search: NearestNeighbors = try KnownPainsTests.search(limit: 5)
      let profile = try KnownPainsTests.search(KnownPainsTests.profile(of: 3), limit: 5)
      let seen = NearestNeighbors.Seen(by: SQLBind(3), KnownPainsTests.orders)
      let price = TypedColumn<Int32>(KnownPainsTests.table, "price")
      let vector = try PGVector((0..<KnownPainsTests.dimension).map { Float($0 % 5) - 2 })
      switch kind {
      case .row: return search.statement
      case .vector: return try KnownPainsTests.search(.vector(vector), limit: 5).statement
      case .expression:
        let expression: SQLFragment = "(SELECT embedding FROM product WHERE name = \("Product 9"))"
        return try KnownPainsTests.search(.expression(expression), limit: 5).statement
      case .mean:
        let keys = SQLBind([7, 8, 9])
        return try KnownPainsTests.search(
          .mean(of: keys, KnownPainsTests.products.column),
          limit: 5
        ).statement
      case .profile: return profile.statement
      case .weightedProfile:
        let probe = KnownPainsTests.profile(of: 3, weight: .count)
        return try KnownPainsTests.search(probe, limit: 5).statement
      case .filter: return search.where(price < 30).statement
      case .unseen: return profile.excluding(seen).statement
      case .within: return search.within(0.5).statement
      case .diverse: return search.diverse(.init(strength: 0.3, candidates: 50)).statement
      case .because:
        return profile.because(.init(label: KnownPainsTests.name, count: 2)).statement
      case .binaryStage:
        return search.firstStage(.init(.binary, candidates: 100)).statement
      case .halfvecStage:
        return search.firstStage(.init(.halfvec, candidates: 50)).statement
      case .sideTable:
        let chunks = KnownPainsTests.chunks.column
        return try KnownPainsTests.search(.row(SQLBind(7), of: chunks), in: chunks, limit: 5)
          .selecting(Table("chunk").column("body")).statement
      case .hybrid:
        return HybridSearch(search, text: "product 9", in: [KnownPainsTests.name]).statement
      case .everySubject: return try #require(profile.statementForEverySubject)
      case .everySubjectUnseen:
        return try #require(profile.excluding(seen).statementForEverySubject)
      }
    }

    @Test func `for every customer it is one statement, with the rows of one search each`() throws {
      var db = try TestDatabase.current.connect()
      func search(_ customer: Int) throws -> NearestNeighbors {
        try KnownPainsTests.search(KnownPainsTests.profile(of: customer), limit: 5)
          .mode(.approximate(efSearchFloor: 1000))
      }
      let all = try db.run(try #require(try search(1).statementForEverySubject))
      var together: [Int: [Int]] = [:]
      for row in all {
        let customer: Int = try row["subject"]
        together[customer, default: []].append(try row["id"])
      }
      for customer in 1...20 {
        let alone: [Int] = try db.run(try search(customer).statement).map { try $0["id"] }
        #expect(together[customer] == alone && alone.count == 5, "customer \(customer)")
      }
      #expect(together.count == 20)
    }

    @Test func `and with the key as tie-break, from PostgreSQL 17 on`() throws {
      var db = try TestDatabase.current.connect()
      let search = try NearestNeighbors(
        KnownPainsTests.products.column,
        to: KnownPainsTests.row,
        by: .cosine,
        limit: 5
      )
      let plan = try Plan(of: search.statement, on: &db)
      guard TestServer.major >= 17 else {
        #expect(plan.readsAll("product"))
        let late = try Plan(of: search.breakingTiesAfterLimit().statement, on: &db)
        #expect(late.orderedIndexes == ["product_cosine"])
        return
      }
      #expect(plan.orderedIndexes == ["product_cosine"])
      #expect(plan.nodes.contains { $0["Node Type"] as? String == "Incremental Sort" })
    }
  }
}
