public import EmbeddedPostgres
import Foundation

/// The PostgreSQL that a run of the tests shares: started by the first test that needs it, or found
/// running from an earlier run or another process.
///
/// `DBTOOL_TEST_POSTGRES` chooses its major version, 18 by default. `scripts/setup --tests` fetches
/// both versions that the tests know, `scripts/stop-test-servers` stops what was started here.
public enum TestServer {
  /// The server's major version.
  public static let major =
    ProcessInfo.processInfo.environment["DBTOOL_TEST_POSTGRES"].flatMap { Int($0) } ?? 18

  /// Where the tests look for servers: the places of the machine and those fetched for this checkout.
  public static let search = InstallationSearch(
    toolsDirectories: [PackageDirectory.path(".tools")],
    environment: [:]
  )

  /// The server, running.
  ///
  /// - Throws: `EmbeddedPostgresError` where none can be found or started.
  public static func shared() async throws -> EmbeddedServer { try await started.value }

  private static let started = Task {
    let cluster = EmbeddedCluster(
      directory: PackageDirectory.path(".dbtool/test-\(major)"),
      search: search,
      major: major,
      settings: settings
    )
    let server = try await cluster.start()
    try TestDatabase.dropAbandoned(on: server)
    return server
  }

  /// Nothing of a test has to survive a crash of the machine.
  private static let settings = [
    "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
    "max_connections": "200", "log_min_messages": "fatal",
  ]
}
