public import PQClient
import VectorSQL

/// A registered column, and how many of its table's rows have a vector.
public struct ColumnFill: Sendable {
  /// The embedding.
  public let embedding: RegisteredEmbedding
  /// Rows with a vector; nil where the column is not there.
  public let vectors: Int?
  /// Rows of the embedded table; nil where it is not there.
  public let rows: Int?

  /// Counts the columns of an encoder.
  ///
  /// - Throws: ``ActionError`` where there is no registry, `PostgresError` from the server.
  public static func read(_ encoder: String, on db: inout PQConnection) throws -> [ColumnFill] {
    var fills: [ColumnFill] = []
    for embedding in try RegisteredEmbedding.readAll(on: &db) where embedding.encoder == encoder {
      fills.append(try read(embedding, on: &db))
    }
    return fills
  }

  /// A registry outlives what it names: that is a finding here and no error.
  private static func read(
    _ embedding: RegisteredEmbedding,
    on db: inout PQConnection
  ) throws(PostgresError) -> ColumnFill {
    do {
      let count = try db.query(
        """
        SELECT (SELECT count(\(ident: embedding.vectorColumn)) FROM \(embedding.vectors)) AS vectors,
               (SELECT count(*) FROM \(embedding.source)) AS rows
        """
      )[0]
      return ColumnFill(
        embedding: embedding,
        vectors: try count["vectors"],
        rows: try count["rows"]
      )
    } catch {
      guard [.undefinedTable, .undefinedColumn, .schemaMissing].contains(error.sqlState) else {
        throw error
      }
      return ColumnFill(embedding: embedding, vectors: nil, rows: nil)
    }
  }
}
