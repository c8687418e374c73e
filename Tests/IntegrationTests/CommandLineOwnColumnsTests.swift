import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

/// Tables of one's own with names, keys, types and texts of all kinds.
@Suite("The command line: your own columns", .timeLimit(.minutes(30)))
struct CommandLineOwnColumnsTests {
  // MARK: Names and keys

  @Test(.temporaryDatabase) func `names and keys may hold whatever PostgreSQL allows`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.register(
      """
      CREATE SCHEMA "We""ird";
      CREATE TABLE "We""ird"."a.b {c}" ("Key 'Col" text PRIMARY KEY, "The {Text" text, "v.""1" vector(384));
      """,
      embedding: [
        "table_schema": #"We"ird"#, "table_name": "a.b {c}", "key_column": "Key 'Col",
        "vector_column": #"v."1"#, "template": "{label}",
      ]
    )
    let keys = [
      "", " ", "a b", "  two", "it's", #"say "no""#, #"back\slash"#, "new\nline", "tab\t", "%s$1",
      "ключ", "キー", "clé", "cle\u{301}", "👩‍👩‍👧", "{}", "NULL", "\\N",
      String(repeating: "k", count: 900),
    ]
    var db = try database.connect()
    // Such a column cannot stand in a template; a function over the row can.
    try db.execute(
      """
      CREATE FUNCTION label("We""ird"."a.b {c}") RETURNS text LANGUAGE sql IMMUTABLE
      AS 'SELECT ($1)."The {Text"'
      """
    )
    let texts = keys.indices.map { "\(ownTexts[$0 % 5]), number \($0)" }
    try db.execute(
      """
      INSERT INTO "We""ird"."a.b {c}" SELECT * FROM unnest(\(keys), \(texts))
      """
    )
    let shown = #""We""ird"."a.b {c}""#
    let report = try await database.embed("--batch-size", "2", "--workers", "2")[shown]
    #expect(report?.embedded == keys.count && report?.failed.isEmpty == true)
    #expect(try await database.embed()[shown]?.unchanged == keys.count)
    // An option's value that is empty is refused.
    for (key, text) in zip(keys, texts).dropFirst() {
      #expect(try await database.succeed("embed", "--preview", key) == text + "\n")
    }
    for (key, text) in [zip(keys, texts).prefix(8).suffix(2), zip(keys, texts).suffix(7)].joined() {
      let found = try await database.search(text, "--table", shown, "--limit", "1")
      // Two of them are equal to Swift, but not to PostgreSQL.
      #expect(found.map { Array($0.utf8) } == [Array(key.utf8)])
    }
  }

  // MARK: Columns and sources

  @Test(.temporaryDatabase) func `a column of half precision is filled, searched and indexed`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.register(
      "CREATE TABLE item (id int PRIMARY KEY, body text, half halfvec(384));",
      embedding: ["table_name": "item", "key_column": "id", "vector_column": "half"]
    )
    try database.insert(ownTexts)
    #expect(try await database.embed()["item"]?.embedded == 5)
    // Rounding does not make the vectors another model's.
    var db = try database.connect()
    try db.execute("UPDATE item SET body = 'A tent' WHERE id = 5")
    let again = try await database.embed()["item"]
    #expect(again?.embedded == 1 && again?.unchanged == 4)
    #expect(try await database.search("hot drinks", "--table", "item").first == "1")

    try await database.succeed("index", "use", "hnsw", "--table", "item", "--encoder", "words")
    let definition: String = try db.query(
      "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid::regclass::text LIKE '%hnsw%'"
    ).scalar()
    #expect(definition.contains("(half halfvec_cosine_ops)"))
    let served = try await database.dbtool(
      "search",
      "hot drinks",
      "--table",
      "item",
      url: try database.url(options: "-c enable_seqscan=off")
    )
    #expect(served.stdout.contains("index item_half_hnsw"))
    #expect(served.stdout.contains("1    0."), "\(served)")
    // It goes while most rows change, and is there at the end.
    #expect(try await database.embed("--force")["item"]?.indexes.count == 1)
  }

  @Test(.temporaryDatabase) func `the rows of a view get their vectors in a side table`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.register(
      """
      CREATE TABLE note (
        id int PRIMARY KEY, subject text, body text, is_draft boolean NOT NULL DEFAULT false,
        whole text GENERATED ALWAYS AS (subject || ': ' || body) STORED
      );
      CREATE VIEW published AS
        SELECT id::bigint AS number, upper(subject) AS title, whole FROM note WHERE NOT is_draft;
      CREATE TABLE published_vectors (number bigint PRIMARY KEY, embedding vector(384));
      """,
      embedding: [
        "table_name": "published", "key_column": "number", "vector_schema": "public",
        "vector_table": "published_vectors", "vector_key": "number",
        "vector_column": "embedding", "template": "{whole}",
      ]
    )
    var db = try database.connect()
    try db.execute(
      """
      INSERT INTO note (id, subject, body)
      SELECT id, 'Note ' || id, content FROM unnest(\(ownTexts)) WITH ORDINALITY AS t (content, id)
      """
    )
    #expect(try await database.embed()["published"]?.embedded == 5)
    try await database.succeed("index", "use", "hnsw", "--table", "published", "--encoder", "words")
    #expect(try await database.search("hot drinks", "--table", "published").first == "1")
    let shown = try await database.succeed("search", "hot drinks", "--table", "published")
    #expect(shown.contains("NOTE 1"))

    try db.execute("UPDATE note SET is_draft = id = 1, body = body || '!' WHERE id IN (1, 2)")
    let second = try await database.embed()["published"]
    #expect(second?.embedded == 1 && second?.unchanged == 3)
    let keys: [Int] = try db.query(
      "SELECT number FROM published_vectors WHERE embedding IS NOT NULL ORDER BY number"
    ).map { try $0["number"] }
    #expect(keys == [2, 3, 4, 5])
  }

  @Test(.temporaryDatabase)
  func `vectors that the table refuses fail their own rows, and are tried again`() async throws {
    let database = try TestDatabase.current
    try await database.register(
      """
      CREATE TABLE free (id int PRIMARY KEY, body text, embedding vector(384));
      CREATE TABLE item (
        id int PRIMARY KEY, body text,
        embedding vector(384) CONSTRAINT upwards CHECK ((embedding::real[])[1] > 0)
      );
      """,
      embedding: ["table_name": "item", "key_column": "id", "vector_column": "embedding"],
      ["table_name": "free", "key_column": "id", "vector_column": "embedding"]
    )
    try database.insert((1...60).map { "\(ownTexts[$0 % 5]), number \($0)" })
    var db = try database.connect()
    try db.execute("INSERT INTO free SELECT * FROM item")
    #expect(try await database.embed("--table", "free")["free"]?.embedded == 60)
    let refused: [String] = try db.query(
      "SELECT id::text AS id FROM free WHERE (embedding::real[])[1] <= 0"
    ).map { try $0["id"] }
    try #require((1..<60).contains(refused.count))

    for embedded in [60 - refused.count, 0] {
      let report = try #require(
        try await database.embed("--table", "item", "--batch-size", "16", status: 65)["item"]
      )
      #expect(report.embedded == embedded && report.waiting == 0)
      #expect(Set(report.failed.map(\.key)) == Set(refused))
      #expect(report.failed.allSatisfy { $0.reason.contains("\"upwards\"") })
      let missing: Int = try db.query(
        "SELECT count(*) FROM item WHERE embedding IS NULL"
      ).scalar()
      #expect(missing == refused.count)
    }
    let same: Bool = try db.query(
      """
      SELECT bool_and(item.embedding <=> free.embedding < 1e-5) FROM item JOIN free USING (id)
      WHERE item.embedding IS NOT NULL
      """
    ).scalar()
    #expect(same)
    try db.execute("ALTER TABLE item DROP CONSTRAINT upwards")
    #expect(try await database.embed("--table", "item")["item"]?.embedded == refused.count)
  }

  @Test(.temporaryDatabase) func `a text of a megabyte is embedded by its beginning`() async throws
  {
    let database = try TestDatabase.current
    try await database.register(
      "CREATE TABLE item (id int PRIMARY KEY, body text, embedding vector(384));",
      embedding: ["table_name": "item", "key_column": "id", "vector_column": "embedding"]
    )
    let sentence = "The moon pulls the sea. "
    try database.insert(
      [
        String(repeating: sentence, count: 50), String(repeating: sentence, count: 45_000),
        String(repeating: "x", count: 1 << 20), String(repeating: "\u{301}", count: 1 << 19),
        String(repeating: "海", count: 400_000), "A kettle",
      ]
    )
    #expect(try await database.embed()["item"]?.embedded == 6)
    var db = try database.connect()
    let distance: Double = try db.query(
      """
      SELECT a.embedding <=> b.embedding FROM item AS a, item AS b WHERE a.id = 1 AND b.id = 2
      """
    ).scalar()
    #expect(distance < 1e-5)
    #expect(
      try db.query("SELECT bool_and(abs(vector_norm(embedding) - 1) < 1e-5) FROM item").scalar()
    )
    #expect(try await database.search("boil water", "--table", "item").first == "6")
  }
}
