public import EmbeddedPostgres
import Foundation
import PQClient

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

  // MARK: A role with a password

  /// A role that has to give its password, where every other local role is trusted.
  ///
  /// - Returns: Its name and password; it may connect to every database.
  /// - Throws: `PostgresError`, or the error of writing the server's `pg_hba.conf`.
  public static func passwordRole() async throws -> (name: String, password: String) {
    try await preparedRole.value
  }

  private static let preparedRole = Task {
    let server = try await shared()
    let (name, password) = ("dbtool_test_password", "the right one")
    let rule = "local all \(name) scram-sha-256\n"
    let file = server.dataDirectory + "/pg_hba.conf"
    let rules = try String(contentsOfFile: file, encoding: .utf8)
    // Written in place: a new file would belong to root, whom the server is not.
    if !rules.hasPrefix(rule) {
      try (rule + rules).write(toFile: file, atomically: false, encoding: .utf8)
    }
    var db = try PQConnection(ConnectionParameters(server.connectionParameters()))
    try db.executeScript(
      """
      SELECT pg_advisory_lock(1);
      DO $$ BEGIN CREATE ROLE \(name) LOGIN; EXCEPTION WHEN duplicate_object THEN END $$;
      ALTER ROLE \(name) PASSWORD '\(password)';
      SELECT pg_reload_conf()
      """
    )
    // The postmaster reads the file when it gets to it.
    let wrong = server.connectionParameters().merging(["user": name, "password": "x"]) { $1 }
    while (try? PQConnection(ConnectionParameters(wrong)).isBroken) != nil {
      try await Task.sleep(for: .milliseconds(10))
    }
    return (name, password)
  }

  /// Nothing of a test has to survive a crash of the machine.
  private static let settings = [
    "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
    "max_connections": "200", "log_min_messages": "fatal",
  ]
}
