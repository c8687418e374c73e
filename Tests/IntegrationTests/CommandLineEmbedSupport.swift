import DBToolActions
import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

/// What `embed --format json` says of a table.
struct EmbedReport: Decodable {
  struct Failure: Decodable {
    let key: String
    let reason: String
  }

  struct Index: Decodable { let index: String }

  let table: String
  let embedded: Int
  let unchanged: Int
  let textless: Int
  let waiting: Int
  let failed: [Failure]
  let indexes: [Index]

  enum CodingKeys: String, CodingKey {
    case table, embedded, unchanged, textless = "without_text", waiting, failed, indexes
  }
}

extension TestDatabase {
  /// Runs `embed --format json`, which has to end with a status, and reads its report, by table.
  func embed(
    _ arguments: String...,
    status: Int32 = 0,
    environment: [String: String] = [:],
    directory: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> [String: EmbedReport] {
    struct Report: Decodable { let tables: [EmbedReport] }
    let outcome = try await DBToolProcess.run(
      ["embed", "--format", "json"] + arguments,
      environment: environment.merging(["DATABASE_URL": url]) { $1 },
      directory: directory
    )
    try #require(outcome.status == status, "\(outcome)", sourceLocation: sourceLocation)
    let report = try JSONDecoder().decode(Report.self, from: Data(outcome.stdout.utf8))
    return Dictionary(uniqueKeysWithValues: report.tables.map { ($0.table, $0) })
  }

  /// The keys that `search --format json` finds, nearest first.
  func search(
    _ text: String,
    _ arguments: String...,
    url: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> [String] {
    struct Answer: Decodable {
      struct Row: Decodable { let id: RowKey }
      let rows: [Row]
    }
    let outcome = try await DBToolProcess.run(
      ["search", text, "--format", "json"] + arguments,
      environment: ["DATABASE_URL": url ?? self.url]
    )
    try #require(outcome.status == 0, "\(outcome)", sourceLocation: sourceLocation)
    let answer = try JSONDecoder().decode(Answer.self, from: Data(outcome.stdout.utf8))
    return answer.rows.map(\.id.description)
  }
}

// MARK: - Tables without movies

/// Texts of five kinds of things.
let ownTexts = [
  "A kettle that boils water for tea", "A wool blanket for cold nights",
  "Running shoes with soft soles", "A lamp to read by in the evening",
  "A knife for bread and cheese",
]

extension TestDatabase {
  /// Makes tables and the registry's rows for them, with the encoder `words`, without a project.
  func register(
    _ tables: String,
    embedding rows: [String: String]...
  ) async throws {
    let folder = try ScratchFolder()
    try folder.write("1_tables.sql", up: "CREATE EXTENSION vector;\n" + tables, down: "")
    try await succeed("migrate", "--dir", folder.path)
    var db = try connect()
    try db.execute(
      """
      INSERT INTO dbtool.encoder (name, source, model, dimension)
      VALUES ('words', 'bert', 'sentence-transformers/all-MiniLM-L6-v2', 384)
      """
    )
    for row in rows {
      let all = ["table_schema": "public", "encoder": "words", "template": "{body}"]
        .merging(row) { $1 }.sorted { $0.key < $1.key }
      let columns = all.map { SQLFragment(SQLIdentifier($0.key)) }.joined(separator: ", ")
      let values = all.map { "\($0.value)" as SQLFragment }.joined(separator: ", ")
      try db.execute("INSERT INTO dbtool.embedding (\(columns)) VALUES (\(values))")
    }
  }

  /// Puts texts into the table `item` under the keys from 1.
  func insert(_ texts: [String]) throws {
    var db = try connect()
    try db.execute(
      """
      INSERT INTO item (id, body)
      SELECT id, content FROM unnest(\(texts)) WITH ORDINALITY AS t (content, id)
      """
    )
  }
}
