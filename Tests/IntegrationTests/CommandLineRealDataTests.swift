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
    try await database.succeed("migrate")
    try await database.succeed("import", "dvdrental", RealData.path("dvdrental.tar"))
    try await database.succeed("import", "netflix", RealData.path("netflix_titles.csv"))
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
    #expect(served.index_why.contains(indexServesTieBreak ? "hnsw_cosine" : "before PostgreSQL 17"))
    #expect(Set(served.rows.map(\.id)).intersection(exact.rows.map(\.id)).count >= 4)
    #expect(try await database.recommend("--customer", "5", "--exact").rows == exact.rows)
  }
}
