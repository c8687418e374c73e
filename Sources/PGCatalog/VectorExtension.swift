public import PQClient
import VectorSQL

/// What the server knows about pgvector.
public struct VectorExtension: Sendable, Hashable {
  /// The version created in this database, nil where it was not created.
  public let installed: String?
  /// The version whose files the server has, nil where it has none or where one is created already.
  public let available: String?
  /// The schema that holds its types and operators.
  public let schema: String?
  /// Whether the session's search path finds them.
  public let isVisible: Bool

  /// The oldest version that dbtool works with: older ones have bugs that corrupt HNSW indexes.
  public static let oldestVersion = "0.8.4"

  /// Whether the created version is new enough.
  public var isNewEnough: Bool {
    guard let installed else { return false }
    let numbers = { (version: String) in version.split(separator: ".").map { Int($0) ?? 0 } }
    return !numbers(installed).lexicographicallyPrecedes(numbers(Self.oldestVersion))
  }

  /// Asks the catalogue.
  ///
  /// - Returns: What there is; every part may be missing.
  /// - Throws: `PostgresError` from the server.
  public static func read(on db: inout PQConnection) throws(PostgresError) -> VectorExtension {
    let rows = try db.query(
      """
      SELECT e.extversion, n.nspname, coalesce(n.nspname = ANY (current_schemas(true)), false) AS is_visible,
             -- This view reads every control file of the server, so only where it is needed.
             CASE WHEN e.oid IS NULL THEN (
               SELECT a.default_version
               FROM pg_catalog.pg_available_extensions AS a
               WHERE a.name = 'vector'
             ) END AS default_version
      FROM (SELECT) AS nothing
      LEFT JOIN pg_catalog.pg_extension AS e ON e.extname = 'vector'
      LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
      """
    )
    guard let row = rows.first else {
      return VectorExtension(installed: nil, available: nil, schema: nil, isVisible: false)
    }
    return VectorExtension(
      installed: try row["extversion"],
      available: try row["default_version"],
      schema: try row["nspname"],
      isVisible: try row["is_visible"]
    )
  }

  /// The version whose files the server has, whether or not one was created in this database.
  ///
  /// - Returns: The version, nil where there are no files.
  /// - Throws: `PostgresError` from the server.
  public static func packagedVersion(on db: inout PQConnection) throws(PostgresError) -> String? {
    try db.query(
      "SELECT default_version FROM pg_catalog.pg_available_extensions WHERE name = 'vector'"
    )
    .first?["default_version"]
  }
}
