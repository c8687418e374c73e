import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: what the registry names wrongly", .timeLimit(.minutes(30)))
struct CommandLineRegistryTests {
  /// A row of the registry that no vector can come from.
  struct Mistake: Sendable, CustomTestStringConvertible {
    let name: String
    let words: [String]
    let embedding: [String: String]
    var testDescription: String { name }

    init(_ name: String, says words: String..., embedding: [String: String]) {
      (self.name, self.words) = (name, words)
      self.embedding = ["table_name": "item", "key_column": "id", "vector_column": "embedding"]
        .merging(embedding) { $1 }
    }

    static let side = [
      "vector_schema": "public", "vector_table": "side", "vector_key": "id",
      "vector_column": "embedding",
    ]
  }

  static let mistakes = [
    Mistake(
      "part of a composite key",
      says: "public.pair.a does not tell the rows apart",
      "\"1\" is the key of 2 rows",
      embedding: ["table_name": "pair", "key_column": "a"]
    ),
    Mistake(
      "a text column that is not there",
      says: "public.item has not every column",
      "source.nothing does not exist",
      embedding: ["template": "{body} {nothing}"]
    ),
    Mistake("a key that is not there", says: "public.item.nr", embedding: ["key_column": "nr"]),
    Mistake("a table that is not there", says: "public.gone.id", embedding: ["table_name": "gone"]),
    Mistake(
      "a vector column that is not there",
      says: "the registry names public.item.v2, which is not there",
      embedding: ["vector_column": "v2"]
    ),
    Mistake(
      "a vector column of another type",
      says: "public.item.body is of type text",
      embedding: ["vector_column": "body"]
    ),
    Mistake(
      "a vector column of another dimension",
      says: "public.item.short has 3 dimensions, encoder \"words\" has 384",
      embedding: ["vector_column": "short"]
    ),
    Mistake(
      "a side table that is not there",
      says: "public.gone.id, which is not there",
      embedding: Mistake.side.merging(["vector_table": "gone"]) { $1 }
    ),
    Mistake(
      "a side table's key that is not there",
      says: "public.side.nr, which is not there",
      embedding: Mistake.side.merging(["vector_key": "nr"]) { $1 }
    ),
    Mistake(
      "a side table whose key is not unique",
      says: "public.side.id has no unique index",
      embedding: Mistake.side
    ),
  ]

  @Test(.temporaryDatabase, arguments: mistakes)
  func `what the registry names wrongly is refused before anything is written`(
    mistake: Mistake
  ) async throws {
    let database = try TestDatabase.current
    try await database.register(
      """
      CREATE TABLE fine (id int PRIMARY KEY, body text, embedding vector(384));
      CREATE TABLE item (id int PRIMARY KEY, body text, embedding vector(384), short vector(3));
      CREATE TABLE pair (a int, b int, body text, embedding vector(384), PRIMARY KEY (a, b));
      CREATE TABLE side (id int, embedding vector(384));
      INSERT INTO pair VALUES (1, 1, 'one'), (1, 2, 'two');
      """,
      embedding: ["table_name": "fine", "key_column": "id", "vector_column": "embedding"],
      mistake.embedding
    )
    try database.insert(ownTexts)
    var db = try database.connect()
    try db.execute("INSERT INTO fine SELECT * FROM unnest(ARRAY[1, 2], ARRAY['one', 'two'])")
    for arguments in [[], ["--force"]] {
      let outcome = try await DBToolProcess.run(
        ["embed"] + arguments,
        environment: ["DATABASE_URL": database.url]
      )
      expectRefusal(outcome, 78)
      for word in mistake.words { #expect(outcome.stderr.contains(word), "\(outcome)") }
      let written: Int = try db.query(
        """
        SELECT (SELECT count(*) FROM dbtool.embedding_state) + (SELECT count(embedding) FROM fine)
             + (SELECT count(embedding) FROM item) + (SELECT count(embedding) FROM pair)
             + (SELECT count(*) FROM side)
        """
      ).scalar()
      #expect(written == 0)
    }
    // A table that the mistake is not about can be filled alone.
    #expect(try await database.embed("--table", "fine")["fine"]?.embedded == 2)
  }
}
