import PQClient
import VectorSQL

/// Who is embedding into a table: the last to leave builds the indexes that were dropped for it.
///
/// Every run holds a shared advisory lock. Who gets it alone when it leaves was the last; a run that
/// was killed has let go of it, and the next one builds.
struct EmbeddingPresence: Sendable {
  private let key: SQLFragment

  /// The bytes of `dbtoolEM`.
  private static let seed: Int64 = 0x6462_746F_6F6C_454D

  init(_ embedding: RegisteredEmbedding) {
    key = "hashtextextended(\(embedding.vectors.sql), \(Self.seed))"
  }

  /// Says that this connection's run has begun.
  ///
  /// - Returns: False where another run is building indexes, whether or not it was the last. They must be
  ///   left alone: who waits to drop one and who builds it would wait for each other. What is written
  ///   meanwhile gets into them.
  func announce(on db: inout PQConnection) throws(PostgresError) -> Bool {
    try db.query("SELECT pg_catalog.pg_try_advisory_lock_shared(\(key))").scalar()
  }

  /// Says that it has ended, and runs the closure if nobody else is at work.
  ///
  /// - Returns: What the closure built, nothing where another run is to do so.
  func leave(
    on db: inout PQConnection,
    _ build: (inout PQConnection) throws -> [(index: String, duration: Duration)]
  ) throws -> [(index: String, duration: Duration)] {
    try db.execute("SELECT pg_catalog.pg_advisory_unlock_shared(\(key))")
    let isLast: Bool = try db.query("SELECT pg_catalog.pg_try_advisory_lock(\(key))").scalar()
    guard isLast else { return [] }
    let built = try build(&db)
    try db.execute("SELECT pg_catalog.pg_advisory_unlock(\(key))")
    return built
  }
}
