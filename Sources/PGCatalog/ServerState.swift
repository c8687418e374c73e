public import PQClient
import VectorSQL

/// What a server says of itself, as far as vectors are concerned.
public struct ServerState: Sendable, Hashable {
  /// The version as people write it: `18.4`.
  public let version: String
  /// Whether it only replays what its primary wrote.
  public let isStandby: Bool
  /// The memory that pages of tables and indexes are kept in, in bytes.
  public let sharedBuffers: Int
  /// The memory that the building of an index may take, in bytes.
  public let maintenanceMemory: Int
  /// How long a statement may take, nil for as long as it likes.
  public let statementTimeout: Duration?
  /// The session's role.
  public let role: String

  /// The oldest major version that dbtool works with.
  public static let oldestMajor = 16

  /// The major version.
  public var major: Int {
    version.prefix { $0.isNumber }.reduce(0) { $0 * 10 + ($1.wholeNumberValue ?? 0) }
  }

  /// Whether dbtool does not work with it.
  public var isTooOld: Bool { major < Self.oldestMajor }

  /// Describes a server.
  public init(
    version: String,
    isStandby: Bool,
    sharedBuffers: Int,
    maintenanceMemory: Int,
    statementTimeout: Duration?,
    role: String
  ) {
    self.version = version
    self.isStandby = isStandby
    self.sharedBuffers = sharedBuffers
    self.maintenanceMemory = maintenanceMemory
    self.statementTimeout = statementTimeout
    self.role = role
  }

  /// Asks the server.
  ///
  /// - Returns: Its state now.
  /// - Throws: `PostgresError` from the server.
  public static func read(on db: inout PQConnection) throws(PostgresError) -> ServerState {
    let row = try db.query(
      """
      SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
             pg_is_in_recovery() AS is_standby,
             pg_size_bytes(current_setting('shared_buffers')) AS shared_buffers,
             pg_size_bytes(current_setting('maintenance_work_mem')) AS maintenance_memory,
             (SELECT setting::int FROM pg_catalog.pg_settings WHERE name = 'statement_timeout') AS timeout,
             current_user::text AS role
      """
    )[0]
    let timeout: Int = try row["timeout"]
    return ServerState(
      version: try row["version"],
      isStandby: try row["is_standby"],
      sharedBuffers: try row["shared_buffers"],
      maintenanceMemory: try row["maintenance_memory"],
      statementTimeout: timeout > 0 ? .milliseconds(timeout) : nil,
      role: try row["role"]
    )
  }
}
