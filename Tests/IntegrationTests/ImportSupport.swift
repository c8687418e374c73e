import EmbeddedPostgres
import Foundation
import Movies
import PQClient
import SQLMigrations
import TestSupport
import Testing
import VectorSQL

/// What the tests of the imports share.
enum ImportSupport {
  /// A session with the test's database, in which the movie tables have been made.
  static func movieDatabase(as role: String? = nil) throws -> PQConnection {
    var db = try TestDatabase.current.connect(role.map { ["user": $0] } ?? [:])
    try Migrator(folder: MigrationFolder(PackageDirectory.path("migrations"))).up(on: &db)
    return db
  }

  /// The rows of a table.
  static func count(_ table: String, _ db: inout PQConnection) throws -> Int {
    try db.query("SELECT count(*) FROM \(ident: table)").scalar()
  }

  /// A file's bytes.
  static func bytes(_ path: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(filePath: path)))
  }

  /// Runs a program of the test server, such as pg_dump, on the test's database.
  static func run(_ program: String, _ arguments: [String]) async throws {
    let path = try await TestServer.shared().program(program)
    try await run(path: path, arguments + ["--dbname", TestDatabase.current.url])
  }

  /// Runs any program, which must succeed.
  static func run(path: String, _ arguments: [String]) async throws {
    let outcome = try await Program.run(path, arguments)
    try #require(outcome.succeeded, "\(path): \(outcome.errors)")
  }

  /// Loads the project's own seeds.
  static func seed(_ db: inout PQConnection) throws {
    _ = try SeedImport(folder: PackageDirectory.path("seeds")).run(on: &db)
  }

  /// What is in the tables of the sample: the number of rows of each, and a checksum over all of them.
  static func fingerprint(_ db: inout PQConnection) throws -> [String] {
    var facts: [String] = []
    for table in rentalTables {
      let row = try db.query(
        """
        SELECT count(*) AS rows, md5(string_agg(item::text, ',' ORDER BY item::text)) AS sum
        FROM \(ident: table) AS item
        """
      )[0]
      let rows: Int = try row["rows"]
      let sum: String? = try row["sum"]
      facts.append("\(table) \(rows) \(sum ?? "")")
    }
    return facts
  }

  static let rentalTables = [
    "actor", "address", "category", "city", "country", "customer", "film", "film_actor",
    "film_category", "inventory", "language", "payment", "rental", "staff", "store",
  ]
}
