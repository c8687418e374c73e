import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

/// A small table with a vector column for the encoder `tiny`, which has three dimensions and no model.
struct ItemTable {
  let database: TestDatabase
  let folder: ScratchFolder
  /// The keys of the rows; the last row has no text.
  let keys: [String]
  private let vectors: String

  /// Makes the table in a database with pgvector.
  ///
  /// - Parameters:
  ///   - key: The type of the key.
  ///   - keys: The keys of the rows.
  ///   - column: The type of the vectors.
  ///   - hasSideTable: Whether they stand in a table of their own.
  /// - Throws: Where the table cannot be made.
  init(
    key: String = "integer",
    keys: [String] = ["1", "2", "3", "4", "5", "6"],
    column: String = "vector(3)",
    hasSideTable: Bool = false
  ) async throws {
    database = try TestDatabase.current
    folder = try ScratchFolder()
    self.keys = keys
    vectors = hasSideTable ? "item_vector" : "item"
    let side =
      hasSideTable
      ? """
      CREATE TABLE item_vector (
        item_key \(key) PRIMARY KEY REFERENCES item, embedding \(column) NOT NULL
      );
      """ : "ALTER TABLE item ADD COLUMN embedding \(column);"
    let place = hasSideTable ? "'public', 'item_vector', 'item_key'" : "NULL, NULL, NULL"
    try folder.write(
      "migrations/1_item.sql",
      """
      -- migrate:up
      CREATE TABLE item (item_id \(key) PRIMARY KEY, body text);
      \(side)
      INSERT INTO dbtool.encoder (name, source, model, dimension)
      VALUES ('tiny', 'file', 'tiny', 3), ('other', 'file', 'other', 4);
      INSERT INTO dbtool.embedding (table_schema, table_name, key_column,
        vector_schema, vector_table, vector_key, vector_column, encoder, template)
      VALUES ('public', 'item', 'item_id', \(place), 'embedding', 'tiny', '{body}');
      -- migrate:down
      """
    )
    try await database.succeed("migrate", "--dir", folder.path("migrations"))
    var db = try database.connect()
    try db.execute(
      """
      INSERT INTO item (item_id, body)
      SELECT key::\(unsafeRaw: key), CASE WHEN place < \(keys.count) THEN 'text ' || place END
      FROM unnest(\(keys)) WITH ORDINALITY AS row (key, place)
      """
    )
  }

  /// A line of a file, its id as JSON.
  static func line(_ id: String, _ elements: [Double] = [1, 2, 2]) -> String {
    "{\"id\": \(id), \"embedding\": \(elements)}"
  }

  /// Loads lines from a file.
  func load(_ lines: [String], _ arguments: String...) async throws -> DBToolProcess.Outcome {
    try await load(from: folder.write("v.jsonl", lines.joined(separator: "\n") + "\n"), arguments)
  }

  /// Loads a file.
  func load(from path: String, _ arguments: [String] = []) async throws -> DBToolProcess.Outcome {
    try await DBToolProcess.run(
      ["embed", "--encoder", "tiny", "--from", path, "--format", "json"] + arguments,
      environment: ["DATABASE_URL": database.url]
    )
  }

  /// All that a load may change: rows, vectors, what is known of them, indexes, and nothing left over but temporary
  /// tables, which go when the server has noticed that the process ended.
  func fingerprint() throws -> [String] {
    var db = try database.connect()
    return try db.query(
      """
      SELECT to_jsonb(item)::text FROM item
      UNION ALL
      SELECT to_jsonb(\(ident: vectors))::text FROM \(ident: vectors)
      UNION ALL
      SELECT state::text FROM dbtool.embedding_state AS state
      UNION ALL
      SELECT indexrelid::regclass || ' ' || indisvalid FROM pg_index
      WHERE indrelid::regclass::text LIKE 'item%'
      UNION ALL
      SELECT relname FROM pg_class WHERE relname LIKE 'dbtool\\_%' AND relpersistence <> 't'
      ORDER BY 1
      """
    ).map { try $0[0] }
  }

  /// The vectors by their keys, rounded.
  func vectorsByKey() throws -> [String: String] {
    var db = try database.connect()
    let key = vectors == "item" ? "item_id" : "item_key"
    var found: [String: String] = [:]
    for row in try db.query(
      """
      SELECT \(ident: key)::text AS key, (
        SELECT string_agg(round(element::numeric, 3)::text, ' ' ORDER BY place)
        FROM unnest(embedding::vector::real[]) WITH ORDINALITY AS part (element, place)
      ) AS vector
      FROM \(ident: vectors) WHERE embedding IS NOT NULL
      """
    ) { found[try row["key"]] = try row["vector"] }
    return found
  }
}

/// The counts of a report on one table.
struct EmbedCounts: Decodable, Equatable {
  struct Index: Decodable, Equatable { let index: String }
  struct Report: Decodable {
    let command: String
    let encoder: String
    let fitted: Bool
    let tables: [EmbedCounts]
  }

  let table: String
  let embedded: Int
  let unchanged: Int
  let without_text: Int
  let waiting: Int
  let indexes: [Index]

  /// Embedded, unchanged, without text, waiting.
  var counts: [Int] { [embedded, unchanged, without_text, waiting] }

  /// Reads a report, of a command that has to have succeeded.
  static func read(
    _ outcome: DBToolProcess.Outcome,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> EmbedCounts {
    try #require(outcome.status == 0, "\(outcome)", sourceLocation: sourceLocation)
    let report = try JSONDecoder().decode(Report.self, from: Data(outcome.stdout.utf8))
    #expect(report.command == "embed" && !report.fitted, sourceLocation: sourceLocation)
    return try #require(report.tables.first, sourceLocation: sourceLocation)
  }
}
