public import EmbeddedPostgres
public import PQClient
import VectorSQL

/// Opens the connection that a command works on: the configured one, else the embedded cluster.
public struct Session: Sendable {
  /// The settings of the run.
  public let settings: Settings
  private let command: String
  private let notice: @Sendable (String) -> Void

  /// Prepares sessions for a command.
  ///
  /// - Parameters:
  ///   - settings: The settings of the run.
  ///   - command: The command's name, for `application_name`.
  ///   - notice: Takes a line for stderr, such as that the embedded cluster is being started.
  public init(
    settings: Settings,
    command: String,
    notice: @escaping @Sendable (String) -> Void
  ) {
    self.settings = settings
    self.command = command
    self.notice = notice
  }

  /// Whether the embedded cluster serves, since nobody configured another connection.
  public var isEmbedded: Bool { settings.connection == nil }

  /// Where a server program such as `pg_restore` may be, the newest first, the one on PATH last.
  public func programs(_ name: String) async -> [String] {
    let installed = await search.all().map { $0.program(name) }
    let path = (settings.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
    return installed + path
  }

  /// Where servers are looked for.
  var search: InstallationSearch {
    InstallationSearch(
      toolsDirectories: settings.toolsDirectories,
      environment: settings.environment
    )
  }

  /// The embedded cluster of the project, or the user's own outside of one.
  public var cluster: EmbeddedCluster {
    EmbeddedCluster(
      directory: settings["DBTOOL_CLUSTER"]
        ?? ClusterPlace.directory(
          project: settings.project?.directory,
          environment: settings.environment
        ),
      search: search
    )
  }

  /// The database that is used in the embedded cluster.
  public var embeddedDatabase: String { settings["DBTOOL_DATABASE"] ?? "dbtool" }

  /// Connects, starting the embedded cluster and making its database where that is what serves.
  ///
  /// - Returns: An open connection.
  /// - Throws: `PostgresError`, `EmbeddedPostgresError`, or ``ActionError`` for an unreadable URL.
  public func connect() async throws -> PQConnection {
    if let configured = settings.connection {
      try configured.check()
      return try PQConnection(named(configured.parameters))
    }
    return try connect(to: await cluster.start { line in notice(line) })
  }

  private func connect(to server: EmbeddedServer) throws(PostgresError) -> PQConnection {
    do {
      return try connect(to: server, database: embeddedDatabase)
    } catch {
      guard error.sqlState == .databaseMissing else { throw error }
    }
    try createDatabase(on: server)
    return try connect(to: server, database: embeddedDatabase)
  }

  /// Makes the embedded database if it is not there, for programs that connect by themselves.
  ///
  /// - Throws: `PostgresError` from the server.
  public func makeDatabase(on server: EmbeddedServer) throws(PostgresError) {
    _ = try connect(to: server)
  }

  private func connect(
    to server: EmbeddedServer,
    database: String
  ) throws(PostgresError) -> PQConnection {
    try PQConnection(named(ConnectionParameters(server.connectionParameters(database: database))))
  }

  private func named(_ parameters: ConnectionParameters) -> ConnectionParameters {
    parameters.setting("application_name", to: "dbtool/" + command)
  }

  /// Whoever comes second finds it there: two at once are no error.
  private func createDatabase(on server: EmbeddedServer) throws(PostgresError) {
    var db = try connect(to: server, database: "postgres")
    do {
      try db.execute("CREATE DATABASE \(ident: embeddedDatabase)")
    } catch {
      guard ["23505", "42P04"].contains(error.sqlState?.rawValue) else { throw error }
    }
  }
}
