public import PQClient
import VectorSQL

/// Takes an encoder, or one of its columns, out of the registry; columns and vectors stay.
public struct RemoveEncoder: Sendable {
  /// The encoder.
  public let encoder: String
  /// Only its column of this table.
  public let table: String?

  /// What to remove.
  public init(_ encoder: String, table: String? = nil) {
    self.encoder = encoder
    self.table = table
  }

  /// Removes the rows, all or nothing.
  ///
  /// - Returns: The columns that nobody fills any more, as statements name them.
  /// - Throws: ``ActionError`` where the registry has no such encoder or column; `PostgresError`.
  public func run(on db: inout PQConnection) throws -> [String] {
    _ = try RegisteredEncoder.find(encoder, on: &db)
    return try db.transaction { db in
      let embeddings = try RegisteredEmbedding.readAll(on: &db)
        .filter { $0.encoder == encoder && (table == nil || $0.isOf(table: table ?? "")) }
      if let table, embeddings.isEmpty {
        throw ActionError(.notFound, "encoder \"\(encoder)\" has no column in table \"\(table)\"")
      }
      try db.execute(
        "DELETE FROM dbtool.embedding WHERE embedding_id = ANY (\(embeddings.map(\.id)))"
      )
      if table == nil {
        try db.execute("DELETE FROM dbtool.encoder WHERE name = \(encoder)")
      }
      return embeddings.map { $0.vectors.appending($0.vectorColumn).sql }
    }
  }
}
