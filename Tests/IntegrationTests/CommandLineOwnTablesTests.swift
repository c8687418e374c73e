import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

/// A database that has no movie in it: a project with tables of its own.
@Suite("The command line: your own tables", .timeLimit(.minutes(30)))
struct CommandLineOwnTablesTests {
  // MARK: A shop

  /// A project that registers two tables: one with the vectors in its rows, one with a side table.
  private static let shop = """
    CREATE EXTENSION IF NOT EXISTS vector;
    CREATE SCHEMA shop;
    CREATE TABLE shop."Product Items" (
      id          uuid PRIMARY KEY,
      name        text NOT NULL,
      "Long Text" text,
      embedding   vector(384)
    );
    CREATE TABLE chunk (chunk_id bigint, title text, body text);
    CREATE TABLE chunk_vectors (chunk_id bigint PRIMARY KEY, embedding vector(384) NOT NULL);

    INSERT INTO dbtool.encoder (name, source, model, dimension)
    VALUES ('words', 'bert', 'sentence-transformers/all-MiniLM-L6-v2', 384);
    INSERT INTO dbtool.embedding
      (table_schema, table_name, key_column, vector_column, encoder, template)
    VALUES ('shop', 'Product Items', 'id', 'embedding', 'words', '{Long Text}');
    INSERT INTO dbtool.embedding
      (table_schema, table_name, key_column, vector_schema, vector_table, vector_key, vector_column,
       encoder, template)
    VALUES
      ('public', 'chunk', 'chunk_id', 'public', 'chunk_vectors', 'chunk_id', 'embedding', 'words',
       '{body}');
    """

  private static let down = """
    DELETE FROM dbtool.embedding;
    DELETE FROM dbtool.encoder;
    DROP TABLE chunk, chunk_vectors;
    DROP SCHEMA shop CASCADE;
    """

  /// Applies the migration of the shop in a project of its own, and puts the texts into both tables
  /// under the keys 1 to 5.
  private func makeShop(_ database: TestDatabase) async throws -> ScratchFolder {
    let folder = try ScratchFolder()
    try folder.write("migrations/20260101000000_shop.sql", up: Self.shop, down: Self.down)
    let migrated = try await database.dbtool("migrate", directory: folder.path)
    try #require(migrated.stdout.hasPrefix("applied 20260101000000_shop.sql"), "\(migrated)")
    var db = try database.connect()
    try db.execute(
      """
      WITH item AS (SELECT * FROM unnest(\(ownTexts)) WITH ORDINALITY AS item (content, id)),
           product AS (
             INSERT INTO shop."Product Items"
             SELECT \(Self.uuid("item.id")), 'Number ' || id, content FROM item
           )
      INSERT INTO chunk SELECT id, 'Number ' || id, content FROM item
      """
    )
    return folder
  }

  private static func uuid(_ number: SQLFragment) -> SQLFragment {
    "lpad((\(number))::text, 32, '0')::uuid"
  }

  /// A table of the shop, and how a test writes to it.
  struct Place: Sendable, CustomTestStringConvertible {
    let name: String
    let shown: String
    let table: SQLFragment
    let key: SQLFragment
    let text: SQLFragment
    let vectors: SQLFragment
    var testDescription: String { name }

    /// The keys of the rows whose vectors differ between two moments, and the keys there are.
    func vectorsByKey(_ db: inout PQConnection) throws -> [String: String] {
      let rows = try db.query(
        """
        SELECT right(\(key)::text, 1) AS key, md5(embedding::text) AS hash FROM \(vectors)
        WHERE embedding IS NOT NULL
        """
      )
      return try Dictionary(uniqueKeysWithValues: rows.map { (try $0["key"], try $0["hash"]) })
    }
  }

  static let places = [
    Place(
      name: "shop.Product Items",
      shown: #"shop."Product Items""#,
      table: #"shop."Product Items""#,
      key: "id",
      text: #""Long Text""#,
      vectors: #"shop."Product Items""#
    ),
    Place(
      name: "chunk",
      shown: "chunk",
      table: "chunk",
      key: "chunk_id",
      text: "body",
      vectors: "chunk_vectors"
    ),
  ]

  @Test(.temporaryDatabase, arguments: places)
  func `what was edited, deleted, added and blanked is brought up to date, and nothing else`(
    place: Place
  ) async throws {
    let database = try TestDatabase.current
    let folder = try await makeShop(database)
    let first = try await database.embed("--encoder", "words", directory: folder.path)
    #expect(Set(first.keys) == Set(Self.places.map(\.shown)))
    #expect(first.values.allSatisfy { $0.embedded == 5 && $0.failed.isEmpty })
    var db = try database.connect()
    let before = try place.vectorsByKey(&db)
    #expect(Set(before.keys) == ["1", "2", "3", "4", "5"])

    try db.execute(
      "UPDATE \(place.table) SET \(place.text) = 'A pot for coffee' WHERE \(key(1, of: place))"
    )
    try db.execute("DELETE FROM \(place.table) WHERE \(key(2, of: place))")
    try db.execute("UPDATE \(place.table) SET \(place.text) = E' \\n' WHERE \(key(3, of: place))")
    try db.execute(
      """
      INSERT INTO \(place.table)
      SELECT \(value(6, of: place)), 'Number 6', 'A tent for the mountains'
      """
    )
    let second = try await database.embed("--encoder", "words", "--table", place.name)
    let report = try #require(second[place.shown])
    #expect(report.embedded == 2 && report.unchanged == 2 && report.textless == 1)
    let after = try place.vectorsByKey(&db)
    #expect(Set(after.keys) == ["1", "4", "5", "6"])
    #expect(after["4"] == before["4"] && after["5"] == before["5"] && after["1"] != before["1"])
    let states: [String] = try db.query(
      """
      SELECT right(row_key, 1) AS key
      FROM dbtool.embedding_state JOIN dbtool.embedding USING (embedding_id)
      WHERE \(place.shown) IN (table_name, format('%I.%I', table_schema, table_name))
      ORDER BY 1
      """
    ).map { try $0["key"] }
    #expect(states == ["1", "4", "5", "6"])

    let third = try await database.embed("--encoder", "words")
    #expect(third.values.allSatisfy { $0.embedded == 0 && $0.waiting == 0 })
    for name in [place.name, place.shown] {
      for (text, key) in [("hot drinks", "1"), ("hiking and camping", "6"), ("light", "4")] {
        let found = try await database.search(text, "--encoder", "words", "--table", name)
        #expect(found.count == 4 && found.first?.last.map(String.init) == key, "\(text): \(found)")
      }
    }
  }

  private func key(_ number: Int, of place: Place) -> SQLFragment {
    "\(place.key) = \(value(number, of: place))"
  }

  private func value(_ number: Int, of place: Place) -> SQLFragment {
    let number: SQLFragment = "\(literal: number)"
    return place.name == "chunk" ? number : Self.uuid(number)
  }

  @Test(.temporaryDatabase, arguments: [true, false])
  func `a key that comes again gets a vector of its own text`(isNullable: Bool) async throws {
    let database = try TestDatabase.current
    let folder = try await makeShop(database)
    var db = try database.connect()
    if isNullable {
      try db.execute("ALTER TABLE chunk_vectors ALTER COLUMN embedding DROP NOT NULL")
    }
    _ = try await database.embed("--encoder", "words", directory: folder.path)
    try db.execute("DELETE FROM chunk WHERE chunk_id = 1")
    _ = try await database.embed("--encoder", "words")
    // A search would find it still, and could not say of what.
    let left: Int = try db.query(
      "SELECT count(embedding) FROM chunk_vectors WHERE chunk_id = 1"
    ).scalar()
    #expect(left == 0)
    #expect(
      try await database.search("tea", "--encoder", "words", "--table", "chunk").contains("1")
        == false
    )

    try db.execute("INSERT INTO chunk VALUES (1, NULL, 'A tent'), (7, NULL, 'A tent')")
    let again = try await database.embed("--encoder", "words", "--table", "chunk")
    #expect(again["chunk"]?.embedded == 2)
    let distance: Double = try db.query(
      """
      SELECT a.embedding <=> b.embedding FROM chunk_vectors AS a, chunk_vectors AS b
      WHERE a.chunk_id = 1 AND b.chunk_id = 7
      """
    ).scalar()
    #expect(distance < 1e-5)
  }

  @Test(.temporaryDatabase)
  func `what is short of vectors says so`()
    async throws
  {
    let database = try TestDatabase.current
    let folder = try await makeShop(database)
    let empty = try await database.dbtool("search", "tea", "--table", "chunk")
    expectRefusal(empty, 78, says: "\"words\" has no vectors yet in chunk", "embed --encoder words")
    _ = try await database.embed("--limit", "3", directory: folder.path)
    // The only one that there is need not be named, and says how much it covers.
    let some = try await database.dbtool("search", "tea", "--table", "shop.Product Items")
    #expect(some.status == 0 && some.stderr.contains("of shop.\"Product Items\" has a vector"))
    let found = try await database.search(
      "tea",
      "--table",
      "shop.Product Items",
      "--encoder",
      "words"
    )
    #expect(found.count == 3)
  }
}
