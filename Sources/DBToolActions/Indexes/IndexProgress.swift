public import PQClient
import VectorSQL

/// How far a session is with the index that it builds.
public struct IndexProgress: Sendable, Hashable {
  /// What it is doing, in PostgreSQL's words: `building index: loading tuples`.
  public let phase: String
  /// How much of the phase is done, 0 to 1; nil where the server does not say.
  public let share: Double?

  /// Asks `pg_stat_progress_create_index`.
  ///
  /// - Parameters:
  ///   - pid: The server's process that builds.
  ///   - db: Another connection.
  /// - Returns: nil where that session builds none.
  /// - Throws: `PostgresError` from the server.
  public static func read(
    ofSession pid: Int,
    on db: inout PQConnection
  ) throws(PostgresError) -> IndexProgress? {
    let rows = try db.query(
      """
      SELECT phase,
             CASE WHEN lockers_total > 0 AND phase LIKE 'waiting%' THEN lockers_done::float8 / lockers_total
                  WHEN tuples_total > 0 THEN tuples_done::float8 / tuples_total
                  WHEN blocks_total > 0 THEN blocks_done::float8 / blocks_total
             END AS share
      FROM pg_catalog.pg_stat_progress_create_index
      WHERE pid = \(pid)
      """
    )
    guard let row = rows.first else { return nil }
    let share: Double? = try row["share"]
    return IndexProgress(phase: try row["phase"], share: share.map { min(1, $0) })
  }
}
