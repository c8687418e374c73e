import Foundation
import PQClient
import SQLMigrations
import TestSupport
import Testing
import VectorSQL

/// The corpus of the unit tests, run by psql and by us.
private enum SharedCorpus {
  static let names = [
    "01-plain", "02-comments", "03-strings", "04-dollars", "05-begin-atomic", "06-rules", "07-copy",
    "08-bom-crlf", "09-no-last-semicolon", "10-only-comments", "12-no-transaction", "13-no-down",
    "14-old-strings", "15-directives-in-quotes", "16-operators", "17-session",
  ]

  static func text(_ name: String) throws -> String {
    let path = "Tests/MigrationsTests/Fixtures/valid/\(name)/input.sql"
    let data = try Data(contentsOf: URL(filePath: PackageDirectory.path(path)))
    return String(decoding: data, as: UTF8.self)
  }
}

@Suite struct MigrationsScriptTests {
  /// What a script leaves in a database of its own.
  private func outcome(
    _ body: (inout PQConnection) async throws -> Void
  ) async throws -> (catalogue: [String], contents: [String]) {
    var db = try TestDatabase.current.connect()
    try await body(&db)
    return (try catalogue(&db), try contents(&db))
  }

  @Test(.temporaryDatabase, arguments: SharedCorpus.names)
  func `leaves what psql leaves`(name: String) async throws {
    let text = try SharedCorpus.text(name)
    let folder = try ScratchFolder()
    try folder.write("1_corpus.sql", text)
    // psql reads the section as it stands in the file: everything up to the last directive.
    let parsed = try MigrationParser.parse(SourceText(name: name, bytes: Array(text.utf8)))
    let section = parsed.source.text(parsed.up.range)
    let arguments = parsed.up.isTransactional ? ["-1"] : []
    let byPsql = try await outcome { _ in try await psql(section, arguments) }
    try await TestDatabase.with(vector: false) {
      let byUs = try await outcome { db in
        _ = try folder.migrator().up(on: &db)
        let record = try folder.migrator().plan(on: &db).entries.first?.record
        #expect(record?.state == .applied)
      }
      #expect(byUs.catalogue == byPsql.catalogue)
      #expect(byUs.contents == byPsql.contents)
      guard parsed.down != nil else { return }
      var db = try TestDatabase.current.connect()
      _ = try folder.migrator().down(on: &db)
      #expect(try catalogue(&db).isEmpty)
    }
  }

  @Test(.temporaryDatabase)
  func `the script of a dry run does in psql what up does`() async throws {
    let folder = try ScratchFolder()
    for (index, name) in SharedCorpus.names.enumerated() {
      let text = try SharedCorpus.text(name)
      // Each in a schema of its own, since the files use the same names.
      try folder.write("\(index + 10)_\(name).sql", text)
      try folder.write(
        "\(index + 10)0_away.sql",
        up: "ALTER SCHEMA public RENAME TO c\(index); CREATE SCHEMA public;",
        down: ""
      )
    }
    let script: String
    do {
      var db = try TestDatabase.current.connect()
      script = try folder.migrator { $0.allowOutOfOrder = true }.script(on: &db)
      #expect(try db.query("SELECT to_regnamespace('dbtool') IS NULL").scalar())
    }
    let byPsql = try await outcome { db in
      try await psql(script)
      let plan = try folder.migrator().plan(on: &db)
      #expect(plan.isUpToDate)
      #expect(plan.entries.allSatisfy { $0.state == .applied })
      #expect(try folder.migrator().script(on: &db) == "-- Nothing is pending.\n")
      #expect(try folder.migrator().up(on: &db).isEmpty)
    }
    await #expect(throws: PsqlFailure.self) { try await psql(script) }
    try await TestDatabase.with(vector: false) {
      let byUs = try await outcome { db in _ = try folder.migrator().up(on: &db) }
      #expect(byUs.catalogue == byPsql.catalogue)
      #expect(byUs.contents == byPsql.contents)
    }
  }

  @Test(.temporaryDatabase)
  func `the script stops where another session migrates`() async throws {
    let folder = try ScratchFolder()
    try folder.writeTables(1)
    var db = try TestDatabase.current.connect()
    let script = try folder.migrator().script(on: &db)
    let key = try #require(script.firstMatch(of: /pg_try_advisory_lock\((\d+)\)/)).output.1
    try db.executeScript("SELECT pg_advisory_lock(\(key))")
    let failure = await #expect(throws: PsqlFailure.self) { try await psql(script) }
    #expect(failure?.errors.contains("another session migrates this database") == true)
    #expect(try db.query("SELECT to_regclass('t1') IS NULL").scalar())
  }
}
