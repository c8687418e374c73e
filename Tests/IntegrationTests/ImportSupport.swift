import Foundation
import Movies
import PQClient
import SQLMigrations
import TestSupport
import VectorSQL

/// What the tests of the imports share.
enum ImportSupport {
  /// A session with the test's database, in which the movie tables have been made.
  static func movieDatabase() throws -> PQConnection {
    var db = try TestDatabase.current.connect()
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
}
