import EmbeddedPostgres
import Foundation
public import PQClient
public import Testing
import VectorSQL

/// A database of one test's own.
///
/// ```swift
/// @Test(.temporaryDatabase) func `counts`() throws {
///   var db = try TestDatabase.current.connect()
///   …
/// }
/// ```
public struct TestDatabase: Sendable {
  /// The database's name.
  public let name: String
  /// How to connect to it, as the server's superuser.
  public let parameters: ConnectionParameters
  /// The same for another process: `postgresql:///name?host=…`.
  public let url: String

  @TaskLocal static var scoped: TestDatabase?

  /// The database of the running test.
  ///
  /// - Throws: ``TestDatabaseMissing`` in a test without the trait.
  public static var current: TestDatabase {
    get throws {
      guard let scoped else { throw TestDatabaseMissing() }
      return scoped
    }
  }

  private init(name: String, server: EmbeddedServer) {
    self.name = name
    let keywords = server.connectionParameters(database: name)
    parameters = ConnectionParameters(keywords)
    var url = URLComponents()
    url.scheme = "postgresql"
    url.host = ""
    url.path = "/" + name
    url.queryItems = ["host", "port", "user"].map { URLQueryItem(name: $0, value: keywords[$0]) }
    self.url = url.string ?? ""
  }

  /// Opens a session with the database.
  ///
  /// - Parameter settings: libpq's keywords that differ, for example `["application_name": "b"]`.
  /// - Returns: The session.
  /// - Throws: `PostgresError`.
  public func connect(_ settings: [String: String] = [:]) throws -> PQConnection {
    try PQConnection(settings.reduce(parameters) { $0.setting($1.key, to: $1.value) })
  }

  // MARK: - Making and dropping

  private static let prefix = "dbtool_test_"

  /// Runs a closure with a new database, which is dropped afterwards whatever happened.
  ///
  /// - Parameters:
  ///   - hasVector: Whether pgvector is created in it.
  ///   - body: What runs, with the database as ``current``.
  /// - Throws: What the closure throws, and `PostgresError`.
  public static func with(
    vector hasVector: Bool,
    _ body: () async throws -> Void
  ) async throws {
    let server = try await TestServer.shared()
    let id = UInt64.random(in: 0...UInt64.max)
    let name = prefix + "\(getpid())_" + String(id, radix: 36)
    let database = TestDatabase(name: name, server: server)
    try database.create(on: server, vector: hasVector)
    let result: Result<Void, any Error>
    do {
      result = .success(try await $scoped.withValue(database) { try await body() })
    } catch {
      result = .failure(error)
    }
    try drop(name, on: server)
    try result.get()
  }

  /// From template0, so that nothing that somebody put into template1 is in it.
  private func create(on server: EmbeddedServer, vector hasVector: Bool) throws {
    var db = try PQConnection(ConnectionParameters(server.connectionParameters()))
    let locale: SQLFragment =
      server.major >= 17
      ? "LOCALE 'C' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
      : "LOCALE \(literal: Self.locale)"
    try db.execute(
      "CREATE DATABASE \(ident: name) TEMPLATE template0 ENCODING 'UTF8' \(locale)"
    )
    guard hasVector else { return }
    var own = try connect()
    try own.execute("CREATE EXTENSION vector")
  }

  #if canImport(Darwin)
  private static let locale = "C"
  #else
  private static let locale = "C.UTF-8"
  #endif

  private static func drop(_ name: String, on server: EmbeddedServer) throws {
    var db = try PQConnection(ConnectionParameters(server.connectionParameters()))
    try db.execute("DROP DATABASE IF EXISTS \(ident: name) WITH (FORCE)")
  }

  /// Drops the databases of test runs that were killed.
  static func dropAbandoned(on server: EmbeddedServer) throws {
    var db = try PQConnection(ConnectionParameters(server.connectionParameters()))
    let rows = try db.query(
      "SELECT datname FROM pg_database WHERE starts_with(datname, \(prefix)) ORDER BY datname"
    )
    for row in rows {
      let name: String = try row["datname"]
      let owner = name.dropFirst(prefix.count).prefix { $0 != "_" }
      guard let pid = pid_t(owner), kill(pid, 0) != 0, errno == ESRCH else { continue }
      try drop(name, on: server)
    }
  }
}

/// A test asked for its database without having one.
public struct TestDatabaseMissing: Error, CustomStringConvertible {
  /// What to do.
  public var description: String { "this test has no database: give it .temporaryDatabase" }
}

/// Gives every test, and every case of a parameterized one, a database of its own.
public struct TemporaryDatabaseTrait: TestTrait, SuiteTrait, TestScoping {
  let hasVector: Bool

  /// The tests of a suite get one each, not the suite.
  public var isRecursive: Bool { true }

  /// Runs a test within its database.
  public func provideScope(
    for test: Test,
    testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    // A test of a suite with a database may have one of its own, and its place already.
    let waits = TestDatabase.scoped == nil
    if waits { await TestPlaces.shared.take() }
    defer { if waits { TestPlaces.shared.giveBack() } }
    try await TestDatabase.with(vector: hasVector) { try await function() }
  }
}

extension Trait where Self == TemporaryDatabaseTrait {
  /// A new, empty database for the test, as ``TestDatabase/current``.
  public static var temporaryDatabase: Self { Self(hasVector: false) }
  /// A new database with pgvector in it.
  public static var temporaryVectorDatabase: Self { Self(hasVector: true) }
}
