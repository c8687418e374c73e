import PGCatalog
public import PQClient
import VectorSQL

/// How far an encoder's columns are filled, and what their vectors look like.
public struct EncoderCoverage: Sendable {
  /// A range of lengths.
  public struct Bin: Sendable, Hashable {
    /// Where it begins.
    public let lower: Double
    /// Where it ends.
    public let upper: Double
    /// The vectors in it.
    public let count: Int
  }

  /// The embedding.
  public let embedding: RegisteredEmbedding
  /// Rows of the embedded table.
  public let rows: Int
  /// Rows that have a vector.
  public let vectors: Int
  /// Rows that have a text and no vector.
  public let missing: Int
  /// Rows whose vector was made from another text, or by an earlier revision.
  public let stale: Int
  /// Vectors of length zero.
  public let zero: Int
  /// Vectors whose length differs from 1 by more than a thousandth.
  public let nonUnit: Int
  /// The lengths of the vectors, shortest first.
  public let norms: [Bin]

  private static let bins = 10

  /// Counts the rows of every column that an encoder fills.
  ///
  /// - Parameters:
  ///   - encoder: The encoder.
  ///   - embeddings: Its columns.
  ///   - db: The connection.
  /// - Returns: One count for each column.
  /// - Throws: ``ActionError`` where there is no pgvector, `PostgresError` from the server.
  public static func read(
    _ encoder: RegisteredEncoder,
    of embeddings: [RegisteredEmbedding],
    on db: inout PQConnection
  ) throws -> [EncoderCoverage] {
    guard !embeddings.isEmpty else { return [] }
    try VectorExtension.require(on: &db)
    try VectorExtension.makeVisible(on: &db)
    return try embeddings.map { try read($0, revision: encoder.revision, on: &db) }
  }

  private static func read(
    _ embedding: RegisteredEmbedding,
    revision: Int,
    on db: inout PQConnection
  ) throws -> EncoderCoverage {
    let rows: String = try db.query("SELECT dbtool.embedding_rows(\(embedding.id))").scalar()
    let counts = try db.query(
      """
      SELECT count(*) AS rows,
             count(*) FILTER (WHERE NOT item.missing) AS vectors,
             count(*) FILTER (WHERE item.missing AND item.content IS NOT NULL) AS missing,
             count(*) FILTER (
               WHERE NOT item.missing AND state.row_key IS NOT NULL
                 AND (state.text_hash, state.revision)
                   IS DISTINCT FROM (dbtool.text_hash(item.content), \(revision))
             ) AS stale
      FROM (\(unsafeRaw: rows)) AS item
      LEFT JOIN dbtool.embedding_state AS state
        ON state.embedding_id = \(embedding.id) AND state.row_key = item.key::text
      """
    )[0]
    let norms = try db.query(
      """
      WITH vector AS MATERIALIZED (
        SELECT vector_norm(\(ident: embedding.vectorColumn)::vector) AS norm
        FROM \(embedding.vectors)
        WHERE \(ident: embedding.vectorColumn) IS NOT NULL
      ),
      range AS (
        -- Lengths that differ by less than a thousandth are one.
        SELECT min(norm) AS lower, greatest(max(norm), min(norm) + 0.001) AS upper FROM vector
      )
      SELECT least(width_bucket(norm, lower, upper, \(literal: bins)), \(literal: bins)) AS bin,
             count(*) AS count, count(*) FILTER (WHERE norm = 0) AS zero,
             count(*) FILTER (WHERE abs(norm - 1) > 0.001) AS non_unit,
             min(norm) AS lower, max(norm) AS upper
      FROM vector, range
      GROUP BY 1
      ORDER BY 1
      """
    )
    return EncoderCoverage(
      embedding: embedding,
      rows: try counts["rows"],
      vectors: try counts["vectors"],
      missing: try counts["missing"],
      stale: try counts["stale"],
      zero: try norms.reduce(0) { try $0 + ($1["zero"] as Int) },
      nonUnit: try norms.reduce(0) { try $0 + ($1["non_unit"] as Int) },
      norms: try norms.map { row in
        Bin(lower: try row["lower"], upper: try row["upper"], count: try row["count"])
      }
    )
  }
}
