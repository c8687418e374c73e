import EmbeddedPostgres
import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

// MARK: - Running dbtool and psql on the database of a test

extension TestDatabase {
  /// Runs `dbtool` with this database as its `DATABASE_URL`.
  func dbtool(
    _ arguments: [String],
    environment: [String: String] = [:],
    directory: String? = nil
  ) async throws -> DBToolProcess.Outcome {
    try await DBToolProcess.run(
      arguments,
      environment: environment.merging(["DATABASE_URL": url]) { $1 },
      directory: directory
    )
  }

  func dbtool(
    _ arguments: String...,
    url: String? = nil,
    environment: [String: String] = [:],
    directory: String? = nil,
    whileRunning: (DBToolProcess.Running) async throws -> Void = { _ in }
  ) async throws -> DBToolProcess.Outcome {
    try await DBToolProcess.run(
      arguments,
      environment: environment.merging(["DATABASE_URL": url ?? self.url]) { $1 },
      directory: directory,
      whileRunning: whileRunning
    )
  }

  /// Runs `dbtool`, which has to succeed.
  @discardableResult
  func succeed(_ arguments: String..., url: String? = nil) async throws -> String {
    let outcome = try await DBToolProcess.run(
      arguments,
      environment: ["DATABASE_URL": url ?? self.url]
    )
    try #require(outcome.status == 0, "\(arguments): \(outcome)")
    return outcome.stdout
  }

  /// The movie database with the seeds in it and their lexical vectors.
  func makeMovies() async throws {
    try await succeed("migrate")
    try await succeed("seed")
    try await succeed("embed", "--encoder", "lexical")
  }

  /// The movie database with the real rentals and shows, without vectors.
  func importRealMovies() async throws {
    try await succeed("migrate")
    try await succeed("import", "dvdrental", RealData.path("dvdrental.tar"))
    try await succeed("import", "netflix", RealData.path("netflix_titles.csv"))
  }

  /// Runs `recommend-netflix --format json` and reads its answer.
  func recommend(_ arguments: String..., url: String? = nil) async throws -> Answer {
    let command = ["recommend-netflix", "--format", "json"] + arguments
    let outcome = try await DBToolProcess.run(
      command,
      environment: ["DATABASE_URL": url ?? self.url]
    )
    try #require(outcome.status == 0, "\(arguments): \(outcome)")
    return try JSONDecoder().decode(Answer.self, from: Data(outcome.stdout.utf8))
  }

  /// The URL with options of the server's session, for every program that uses libpq.
  func url(options: String) throws -> String {
    let escaped = options.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
    return url + "&options=" + (try #require(escaped))
  }

  /// The URL of another role.
  func url(user: String) -> String {
    url.replacingOccurrences(of: "user=postgres", with: "user=" + user)
  }

  /// Runs a closure with a role that can do nothing but log in; it goes afterwards, with its objects.
  func withRole(_ body: (_ role: String) async throws -> Void) async throws {
    let role = "role_" + name
    var db = try connect()
    try db.execute("CREATE ROLE \(ident: role) LOGIN NOSUPERUSER")
    let result: Result<Void, any Error>
    do { result = .success(try await body(role)) } catch { result = .failure(error) }
    try db.execute("DROP OWNED BY \(ident: role) CASCADE")
    try db.execute("DROP ROLE \(ident: role)")
    try result.get()
  }

  /// Runs a script with a psql, the server's own unless another is named; it has to succeed.
  func psql(_ script: String, program: String? = nil, url: String? = nil) async throws -> String {
    let file = try ScratchFolder()
    try file.write("script.sql", script)
    let server = try await TestServer.shared()
    let outcome = try await Program.run(
      program ?? server.program("psql"),
      [
        "-XqAt", "-F", "\u{1F}", "-v", "ON_ERROR_STOP=1", "-f", file.path + "/script.sql",
        url ?? self.url,
      ]
    )
    try #require(outcome.succeeded, "\(outcome.errors)")
    return outcome.output
  }

  /// The schema as pg_dump writes it, without dbtool's own unless asked for.
  func schemaDump(withInternal: Bool = false) async throws -> String {
    let server = try await TestServer.shared()
    let arguments = ["--schema-only", "--no-owner"] + (withInternal ? [] : ["-N", "dbtool"])
    let outcome = try await Program.run(server.program("pg_dump"), arguments + ["-d", url])
    try #require(outcome.succeeded, "\(outcome.errors)")
    // These two lines hold a random word of each dump.
    return outcome.output.split(separator: "\n")
      .filter { !$0.hasPrefix("\\restrict") && !$0.hasPrefix("\\unrestrict") }
      .joined(separator: "\n")
  }
}

/// How many migrations make the movie database.
let movieMigrations: Int = {
  let files = try? FileManager.default.contentsOfDirectory(
    atPath: PackageDirectory.path("migrations")
  )
  return files?.count { $0.hasSuffix(".sql") } ?? 0
}()

// MARK: - The answer of a command

/// `--format json` of a nearest-neighbour command.
struct Answer: Decodable {
  struct Reason: Decodable, Hashable {
    var id: Int
    var title: String
    var distance: Double
  }

  struct Row: Decodable, Hashable {
    var rank: Int
    var id: String
    var title: String
    var description: String?
    var distance: Double
    var similarity: Double
    var because: [Reason]
  }

  struct Bind: Decodable, Hashable {
    var type: String
    var value: String?
  }

  var encoder: String
  var metric: String
  var requested: Int
  var returned: Int
  var complete: Bool
  var why: String?
  var exact: Bool
  var coverage: Double
  var index: String?
  var index_why: String
  var rows: [Row]
  var sql: String
  var binds: [Bind]
  var settings: [String: String]
}

// MARK: - What every refusal has in common

/// Expects an exit code, nothing on stdout, and one to four lines on stderr that say all of this.
func expectRefusal(
  _ outcome: DBToolProcess.Outcome,
  _ status: Int32,
  says words: String...,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(outcome.status == status, "\(outcome)", sourceLocation: sourceLocation)
  #expect(outcome.stdout == "", sourceLocation: sourceLocation)
  #expect((1...4).contains(outcome.errorLines.count), "\(outcome)", sourceLocation: sourceLocation)
  #expect(outcome.stderr.hasPrefix("dbtool: "), "\(outcome)", sourceLocation: sourceLocation)
  #expect(!outcome.stderr.contains("\u{1B}"), sourceLocation: sourceLocation)
  #expect(
    !outcome.stderr.contains("looks like a bug"),
    "\(outcome)",
    sourceLocation: sourceLocation
  )
  for word in words {
    #expect(outcome.stderr.contains(word), "\(outcome)", sourceLocation: sourceLocation)
  }
}

/// Waits until a condition of the database holds.
func wait(
  for database: TestDatabase,
  until condition: SQLFragment,
  sourceLocation: SourceLocation = #_sourceLocation
) async throws {
  var db = try database.connect()
  for _ in 0..<12_000 {
    if try db.query("SELECT \(condition)").scalar() as Bool { return }
    try await Task.sleep(for: .milliseconds(10))
  }
  Issue.record("not within two minutes: \(condition)", sourceLocation: sourceLocation)
}
