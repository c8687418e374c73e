import PQClient
import VectorSQL

/// Who is embedding into a table: the last to leave builds the indexes that were dropped for it.
///
/// Every run holds a shared advisory lock. Who gets it alone when it leaves was the last; a run that
/// was killed has let go of it, and the next one builds.
struct EmbeddingPresence: Sendable {
  private let key: SQLFragment
  /// Every embedding whose vectors stand in the table.
  private let neighbours: [RegisteredEmbedding]
  /// False while another run builds indexes, which must be left alone then.
  ///
  /// Who waits to drop one and who builds it would wait for each other; what is written meanwhile gets into it.
  private let isAnnounced: Bool

  /// The bytes of `dbtoolEM`.
  private static let seed: Int64 = 0x6462_746F_6F6C_454D
  /// A share of changed rows above which the indexes of a table are dropped and built again.
  private static let shareToRebuild = 0.1

  /// Says that this connection's run has begun.
  init(_ embedding: RegisteredEmbedding, on db: inout PQConnection) throws {
    key = "hashtextextended(\(embedding.vectors.sql), \(Self.seed))"
    neighbours = try RegisteredEmbedding.sharingTable(with: embedding, on: &db)
    isAnnounced = try db.query("SELECT pg_catalog.pg_try_advisory_lock_shared(\(key))").scalar()
  }

  /// Drops the table's indexes, if so many rows are about to change that building them anew is faster.
  func prepare(changes: Int, of rows: Int, on db: inout PQConnection) throws {
    guard isAnnounced, Double(changes) > Double(rows) * Self.shareToRebuild else { return }
    _ = try IndexSwitch.suspend(neighbours, on: &db)
  }

  /// Says that it has ended, and builds what is missing if nobody else is at work.
  ///
  /// - Returns: What was built, nothing where another run is to do so.
  func leave(on db: inout PQConnection) throws -> [(index: String, duration: Duration)] {
    if isAnnounced { try db.execute("SELECT pg_catalog.pg_advisory_unlock_shared(\(key))") }
    let isLast: Bool = try db.query("SELECT pg_catalog.pg_try_advisory_lock(\(key))").scalar()
    guard isLast else { return [] }
    let built = try IndexSwitch.restore(neighbours, on: &db)
    try db.execute("SELECT pg_catalog.pg_advisory_unlock(\(key))")
    return built
  }
}
