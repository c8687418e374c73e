import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: the main job on real data", .realData)
struct CommandLineRealDataTests {
  @Test(.temporaryDatabase) func `five real titles for customer 5, by rows and by index`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.importRealMovies()
    let embedded = try await database.succeed("embed", "--encoder", "lexical")
    #expect(embedded.hasPrefix("counted term weights over 9,807 texts\n"))

    let exact = try await database.recommend("--customer", "5")
    #expect(exact.returned == 5 && exact.complete && exact.exact)
    #expect(exact.coverage > 0.99)
    #expect(exact.encoder == "lexical")
    #expect(exact.rows.map(\.distance) == exact.rows.map(\.distance).sorted())
    #expect(exact.rows.allSatisfy { $0.because.count == 2 })
    var db = try database.connect()
    for row in exact.rows {
      let title: String = try db.query(
        "SELECT title FROM netflix_shows WHERE show_id = \(row.id)"
      ).scalar()
      #expect(row.title == title)
    }

    // A second run has nothing to embed.
    let again = try await database.succeed("embed", "--encoder", "lexical")
    #expect(again.contains("film                  0      1,000"), "\(again)")

    try await database.succeed(
      "index",
      "use",
      "hnsw",
      "--table",
      "netflix_shows",
      "--encoder",
      "lexical"
    )
    let served = try await database.recommend("--customer", "5")
    // The planner may find comparing nine thousand rows cheaper; either way the answer says so.
    #expect(served.exact == (served.index == nil))
    #expect(served.index_why.contains("hnsw_cosine"))
    #expect(Set(served.rows.map(\.id)).intersection(exact.rows.map(\.id)).count >= 4)
    #expect(try await database.recommend("--customer", "5", "--exact").rows == exact.rows)
  }

  // MARK: MiniLM

  /// What `Tests/Reference/recommend.py` wrote.
  private struct Reference: Decodable {
    struct Customer: Decodable {
      let customer: Int
      let films: Int
      let shows: [Show]
    }

    struct Show: Decodable {
      let id: String
      let distance: Double
    }

    let customers: [Customer]

    static func load() throws -> [Customer] {
      let path = PackageDirectory.path("Tests/IntegrationTests/Fixtures/recommend_minilm.json")
      let data = try Data(contentsOf: URL(filePath: path))
      return try JSONDecoder().decode(Reference.self, from: data).customers
    }
  }

  /// One server is enough: it takes half a minute to embed all texts, and 16 answers from no index.
  @Test(.temporaryDatabase, .enabled(if: TestServer.major >= 18, "PostgreSQL 18 and newer"))
  func `the shows that NumPy finds on the vectors of sentence-transformers, and the index too`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.importRealMovies()
    let embedded = try await database.embed("--encoder", "minilm")
    #expect(embedded["film"]?.embedded == 1000 && embedded["netflix_shows"]?.embedded == 8807)

    for reference in try Reference.load() {
      let customer = "\(reference.customer)"
      var db = try database.connect()
      let films: Int = try db.query(
        "SELECT count(*) FROM customer_film WHERE customer_id = \(reference.customer)"
      ).scalar()
      #expect(films == reference.films)
      let answer = try await database.recommend("--customer", customer, "--limit", "10", "--exact")
      #expect(answer.encoder == "minilm" && answer.exact && answer.returned == 10)
      for (row, show) in zip(answer.rows, reference.shows) {
        #expect(abs(row.distance - show.distance) < 1e-5, "customer \(customer): \(show.id)")
        // Shows that are as near as each other may stand in either order.
        let places = reference.shows.filter { abs($0.distance - show.distance) <= 1e-6 }
        #expect(places.contains { $0.id == row.id }, "customer \(customer): \(show.id)")
      }
      #expect(Set(answer.rows.map(\.id)).count == 10)
    }

    try await database.succeed(
      "index",
      "use",
      "hnsw",
      "--table",
      "netflix_shows",
      "--encoder",
      "minilm"
    )
    // The planner may find comparing all rows cheaper, and there would be nothing to measure.
    let url = try database.url(options: "-c enable_seqscan=off")
    let customers = Array(stride(from: 1, through: 599, by: 26))
    var found = 0
    for customer in customers {
      let (name, ten) = ("\(customer)", "10")
      let exact = try await database.recommend("--customer", name, "--limit", ten, "--exact")
      let served = try await database.recommend("--customer", name, "--limit", ten, url: url)
      #expect(served.index == "netflix_shows_embedding_minilm_hnsw_cosine" && !served.exact)
      found += Set(served.rows.map(\.id)).intersection(exact.rows.map(\.id)).count
    }
    let recall = Double(found) / Double(10 * customers.count)
    let line = "recall@10 of HNSW on 8,807 shows, \(customers.count) customers: \(recall)\n"
    FileHandle.standardError.write(Data(line.utf8))
    #expect(recall >= 0.9)

    let comparison = try await database.compareIndexes(
      "similar",
      "s100",
      "--table",
      "netflix_shows",
      "--encoder",
      "minilm",
      "--limit",
      "10"
    )
    #expect(comparison.vectors == 8807 && comparison.indexes.count == 5)
    #expect(comparison.indexes.dropFirst().allSatisfy { $0.used })
    var db = try database.connect()
    let shows = try db.query("SELECT show_id, embedding_minilm FROM netflix_shows").map {
      (id: try $0[0] as String, vector: try $0[1] as PGVector)
    }
    try comparison.checkRecall(among: shows)
  }
}
