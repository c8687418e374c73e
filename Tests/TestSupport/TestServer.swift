public import EmbeddedPostgres
import Foundation
import PQClient
import VectorSQL

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
    var db = try PQConnection(ConnectionParameters(server.connectionParameters()))
    // Other processes may be at the same file and role.
    return try db.withAdvisoryLock(1, waitingUpTo: .seconds(60)) { db in
      try demandPassword(of: name, in: server.dataDirectory + "/pg_hba.conf")
      try db.executeScript(
        """
        DO $$ BEGIN CREATE ROLE \(name) LOGIN; EXCEPTION WHEN duplicate_object THEN END $$;
        ALTER ROLE \(name) PASSWORD '\(password)'
        """
      )
      let wrong = server.connectionParameters().merging(["user": name, "password": "x"]) { $1 }
      // The postmaster reads the file when it gets to it.
      for _ in 0..<500 {
        guard let session = try? PQConnection(ConnectionParameters(wrong)) else { break }
        _ = session.database
        try db.execute("SELECT pg_reload_conf(), pg_sleep(0.02)")
      }
      return (name, password)
    }
  }

  private static func demandPassword(of role: String, in file: String) throws {
    let rule = "local all \(role) scram-sha-256\n"
    let rules = try String(contentsOfFile: file, encoding: .utf8)
    guard !rules.hasPrefix(rule) else { return }
    // Written in place: a new file would belong to root, whom the server is not.
    try (rule + rules).write(toFile: file, atomically: false, encoding: .utf8)
  }

  /// Nothing of a test has to survive a crash of the machine.
  private static let settings = [
    "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
    "max_connections": "200", "log_min_messages": "fatal",
  ]
}
