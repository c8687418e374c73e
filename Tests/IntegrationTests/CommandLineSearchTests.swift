import DBToolActions
import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: search")
struct CommandLineSearchTests {
  private struct Answer: Decodable {
    var settings: [String: String]
    struct Row: Decodable, Equatable {
      let id: RowKey
      let title: String
    }

    let table: String
    let encoder: String
    let returned: Int
    let complete: Bool
    let why: String?
    let exact: Bool
    let index: String?
    let rows: [Row]
  }

  private func search(_ database: TestDatabase, _ arguments: String...) async throws -> Answer {
    let outcome = try await DBToolProcess.run(
      ["search"] + arguments + ["--format", "json"],
      environment: ["DATABASE_URL": database.url]
    )
    try #require(outcome.status == 0, "\(outcome)")
    return try JSONDecoder().decode(Answer.self, from: Data(outcome.stdout.utf8))
  }

  @Test(.temporaryDatabase) func `finds by meaning, and by words where there is no model`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    try await database.succeed("seed")
    let text = "astronauts on another planet"
    expectRefusal(
      try await database.dbtool("search", text),
      78,
      says: "no encoder covers",
      "dbtool embed"
    )
    try await database.succeed("embed", "--encoder", "lexical")
    let words = try await search(database, text)
    #expect(words.encoder == "lexical" && words.table == "netflix_shows")
    try await database.succeed("embed", "--encoder", "minilm")
    let meaning = try await search(database, text)
    #expect(meaning.encoder == "minilm" && meaning.returned == 5 && meaning.complete)
    #expect(meaning.rows.map(\.title).contains("Ares Diaries"))
    #expect(meaning.rows != words.rows)

    let exact = try await search(database, text, "--exact", "--table", "netflix_shows")
    #expect(exact.rows == meaning.rows && exact.exact)
    let nothing = try await search(database, "the of", "--encoder", "lexical")
    #expect(nothing.returned == 0 && nothing.why?.contains("the text has no vector") == true)
    let all = try await search(database, text, "--table", "film", "--limit", "1000")
    #expect(
      all.returned == 63 && !all.complete
        && all.why == "only 63 rows have a vector of encoder \"minilm\""
    )
  }

  @Test(.temporaryDatabase) func `the script of --show-sql gives the same rows`() async throws {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    try await database.succeed("seed")
    try await database.succeed("embed", "--table", "netflix_shows")
    let script = try await database.succeed("search", "a ship at sea", "--show-sql")
    let rows = try await database.psql(script).split(separator: "\n")
      .map { $0.split(separator: "\u{1F}").first.map(String.init) }
    let answer = try await search(database, "a ship at sea")
    #expect(rows == answer.rows.map(\.id.description))
  }

  @Test(.temporaryDatabase) func `an index serves where the planner finds it cheaper`() async throws
  {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    var db = try database.connect()
    try db.execute(
      """
      INSERT INTO netflix_shows (show_id, type, title, description, embedding_minilm)
      SELECT 's' || n, 'Movie', 'Title ' || n, 'Text ' || n,
             (SELECT array_agg(sin(n * i)) FROM generate_series(1, 384) AS i)::real[]::vector
      FROM generate_series(1, 9000) AS n
      """
    )
    try await database.succeed(
      "index",
      "use",
      "hnsw",
      "--table",
      "netflix_shows",
      "--encoder",
      "minilm"
    )
    try db.execute("ANALYZE netflix_shows")
    let answer = try await search(database, "anything")
    #expect(answer.complete)
    #expect(answer.index == "netflix_shows_embedding_minilm_hnsw_cosine")

    #expect(answer.settings["enable_sort"] == "off")

    // Of few rows the planner decides, and the answer gives both of its costs.
    try db.execute("DELETE FROM netflix_shows WHERE substr(show_id, 2)::int > 1000")
    try db.execute("VACUUM ANALYZE netflix_shows")
    let dear = try await database.dbtool(
      ["search", "anything", "--table", "netflix_shows", "--encoder", "minilm", "--format", "json"]
    )
    let because =
      #/cheaper \(cost \d+\) than netflix_shows_embedding_minilm_hnsw_cosine \(cost \d+\)/#
    #expect(dear.stdout.contains(because), "\(dear)")
  }

  @Test(.temporaryDatabase) func `what cannot be searched is refused`() async throws {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    try await database.succeed("seed")
    try await database.succeed("embed", "--table", "film")
    expectRefusal(try await database.dbtool("search", " "), 64, says: "is empty")
    expectRefusal(try await database.dbtool("search", "x", "--limit", "0"), 64, says: "--limit 0")
    expectRefusal(
      try await database.dbtool("search", "x", "--table", "nosuch"),
      66,
      says: "nosuch",
      "film"
    )
    expectRefusal(
      try await database.dbtool("search", "x", "--encoder", "gte"),
      78,
      says: "has no vectors yet"
    )
    expectRefusal(
      try await database.dbtool(
        "search",
        "x",
        "--table",
        "film",
        environment: ["DBTOOL_MODELS": "/nosuch"]
      ),
      69,
      says: "is not on this machine"
    )
  }

  @Test(.temporaryDatabase) func `hybrid search finds the word and the meaning`() async throws {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    try await database.succeed("seed")
    try await database.succeed("embed", "--encoder", "minilm", "--table", "film")
    var db = try database.connect()
    let row = try db.query("SELECT title, description FROM film WHERE film_id = 9")[0]
    let (title, description): (String, String) = (try row["title"], try row["description"])
    struct Found: Decodable {
      struct Row: Decodable { var title: String, score: Double, distance: Double }
      var rows: [Row]
    }
    let outcome = try await database.dbtool([
      "search", "\"\(title)\"", "--table", "film", "--hybrid", "--format", "json",
    ])
    #expect(outcome.status == 0, "\(outcome)")
    let rows = try JSONDecoder().decode(Found.self, from: Data(outcome.stdout.utf8)).rows
    // The words of a title are in no other row; nearness alone would not put it first.
    #expect(rows.first?.title == title, "\(description)")
    #expect(rows.map(\.score) == rows.map(\.score).sorted(by: >) && rows.count == 5)
    #expect(rows[0].score > 1.0 / 61)
    let words = try await database.dbtool([
      "search", "x", "--table", "film", "--hybrid", "--diversity", "0.5",
    ])
    expectRefusal(words, 64, says: "do not go with --hybrid")
  }
}
