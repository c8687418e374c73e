import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: search --label-only", .timeLimit(.minutes(30)))
struct CommandLineLabelSearchTests {
  private struct Found: Decodable {
    struct Row: Decodable, Equatable { var title: String, match: String }
    var trigrams: Bool, complete: Bool, why: String?
    var rows: [Row]
  }

  private func make() async throws -> TestDatabase {
    let database = try TestDatabase.current
    var db = try database.connect()
    try db.executeScript(
      """
      CREATE TABLE product (id int PRIMARY KEY, name text, price int);
      INSERT INTO product VALUES
        (1, 'Tea', 3), (2, 'tea', 4), (3, 'Teapot', 20), (4, 'Green tea', 5), (5, 'Cups for teas', 9),
        (6, 'Kettles, singing', 30), (7, '100% cotton_', 7), (8, NULL, 1), (9, 'it''s "$1" \\\\ here', 2);
      """
    )
    return database
  }

  private func find(_ database: TestDatabase, _ text: String, _ arguments: String...) async throws
    -> Found
  {
    let outcome = try await database.dbtool(
      ["search", "--label-only", "--table", "product", "--format", "json"] + arguments + [
        "--", text,
      ]
    )
    try #require(outcome.status == 0, "\(outcome)")
    return try JSONDecoder().decode(Found.self, from: Data(outcome.stdout.utf8))
  }

  @Test(.temporaryDatabase) func `the closest kind of match comes first`() async throws {
    let database = try await make()
    let tea = try await find(database, "TEA")
    #expect(
      tea.rows == [
        .init(title: "Tea", match: "exact"), .init(title: "tea", match: "exact"),
        .init(title: "Teapot", match: "prefix"), .init(title: "Green tea", match: "substring"),
        .init(title: "Cups for teas", match: "substring"),
      ]
    )
    #expect(tea.complete && !tea.trigrams)
    let cheap = try await find(database, "tea", "--where", "price < 5")
    #expect(cheap.rows.count == 2 && !cheap.complete)
    #expect(cheap.why?.contains("exact, prefix, substring, full text") == true)
    let stem = try await find(database, "sing kettle")
    #expect(stem.rows == [.init(title: "Kettles, singing", match: "full text")])
    // Patterns and quotes are only text.
    for text in ["100%", "0% cotton_", "it's \"$1\" \\"] {
      #expect(try await find(database, text).rows.count == 1, "\(text)")
    }
    #expect(try await find(database, "%").rows.map(\.title) == ["100% cotton_"])
    #expect(try await find(database, "'; DROP TABLE product --").rows.isEmpty)
  }

  /// The embedded server has no contrib modules, so a function of pg_trgm's name and definition stands for it:
  /// shared trigrams among all, of the lower-case words with two blanks before and one behind.
  private static let similarity = """
    CREATE FUNCTION trigrams(text) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
      SELECT DISTINCT substr('  ' || word[1] || ' ', place, 3)
      FROM regexp_matches(lower($1), '[[:alnum:]]+', 'g') AS word,
           generate_series(1, length(word[1]) + 1) AS place
    $$;
    CREATE FUNCTION similarity(text, text) RETURNS real LANGUAGE sql IMMUTABLE AS $$
      SELECT (SELECT count(*) FROM (SELECT trigrams($1) INTERSECT SELECT trigrams($2)) AS shared)::real
             / (SELECT count(*) FROM (SELECT trigrams($1) UNION SELECT trigrams($2)) AS every)
    $$;
    """

  @Test(.temporaryDatabase) func `where there are trigrams, a misspelled label is found`()
    async throws
  {
    let database = try await make()
    #expect(try await find(database, "Teepot").rows.isEmpty)
    var db = try database.connect()
    try db.executeScript(Self.similarity)
    let found = try await find(database, "Teepot")
    #expect(found.trigrams && found.rows.first == .init(title: "Teapot", match: "trigram"))
    #expect(try await find(database, "Tea").rows.prefix(2).map(\.match) == ["exact", "exact"])
  }

  @Test(.temporaryDatabase) func `options that need vectors do not go with it`() async throws {
    let database = try await make()
    expectRefusal(
      try await database.dbtool(
        "search",
        "x",
        "--label-only",
        "--table",
        "product",
        "--encoder",
        "minilm"
      ),
      64,
      says: "--label-only takes no"
    )
    var db = try database.connect()
    try db.execute("CREATE TABLE number (id int PRIMARY KEY, n int)")
    expectRefusal(
      try await database.dbtool("search", "x", "--label-only", "--table", "number"),
      64,
      says: "have no text"
    )
  }
}
