import PQClient
import SQLMigrations
import TestSupport
import Testing
import VectorSQL

@Suite(.temporaryDatabase)
struct MigrationsRightsTests {
  /// Runs a closure as a role with few rights; the role is gone afterwards.
  private func asPlainRole(
    granting grants: SQLFragment? = nil,
    _ body: (inout PQConnection) throws -> Void
  ) throws {
    let database = try TestDatabase.current
    let role = database.name + "_plain"
    var admin = try database.connect()
    try admin.execute("CREATE ROLE \(ident: role) LOGIN")
    defer { _ = try? admin.executeScript("DROP OWNED BY \(role); DROP ROLE \(role)") }
    try admin.execute("GRANT CREATE ON SCHEMA public TO \(ident: role)")
    if let grants { try admin.execute("\(grants) TO \(ident: role)") }
    var db = try database.connect(["user": role])
    try body(&db)
  }

  @Test func `without the right to create a schema`() throws {
    let folder = try ScratchFolder()
    try folder.writeTables(1)
    try asPlainRole { db in
      let error = #expect(throws: MigrationError.self) { try folder.migrator().up(on: &db) }
      #expect(error?.category == .rights)
      #expect(error?.lines.count == 2)
      #expect(db.transactionStatus == .idle)
    }
  }

  @Test func `without superuser the untrusted extension is to be made by one`() throws {
    let folder = try ScratchFolder()
    try folder.write("1_a.sql", up: "CREATE EXTENSION IF NOT EXISTS vector;", down: "")
    let database = try TestDatabase.current
    try asPlainRole(granting: "GRANT CREATE ON DATABASE \(ident: database.name)") { db in
      let error = #expect(throws: MigrationError.self) { try folder.migrator().up(on: &db) }
      #expect(error?.category == .rights)
      #expect(error?.advice?.contains("have a superuser run CREATE EXTENSION") == true)
      var admin = try database.connect()
      try admin.execute("CREATE EXTENSION vector")
      #expect(try folder.migrator().up(on: &db).count == 1)
    }
  }

  @Test func `an extension that the server does not have is a matter of configuration`() throws {
    let folder = try ScratchFolder()
    try folder.write("1_a.sql", up: "SELECT 1;\nCREATE EXTENSION nowhere;", down: "")
    var db = try TestDatabase.current.connect()
    let error = #expect(throws: MigrationError.self) { try folder.migrator().up(on: &db) }
    #expect(error?.category == .configuration)
    #expect(error?.place?.location?.line == 3)
  }

  @Test func `an object that is another's`() throws {
    let folder = try ScratchFolder()
    try folder.write("1_a.sql", up: "DROP TABLE theirs;", down: "")
    let database = try TestDatabase.current
    var admin = try database.connect()
    try admin.execute("CREATE TABLE theirs (id int)")
    try asPlainRole(granting: "GRANT CREATE ON DATABASE \(ident: database.name)") { db in
      let migrator = folder.migrator { $0.allowNonEmpty = true }
      let error = #expect(throws: MigrationError.self) { try migrator.up(on: &db) }
      #expect(error?.category == .rights)
      #expect(error?.lines.first?.contains("must be owner of table theirs") == true)
    }
  }

  @Test func `a lock that is not got in time is worth another try`() throws {
    let folder = try ScratchFolder()
    try folder.write("1_a.sql", up: "SET lock_timeout = '50ms'; DROP TABLE busy;", down: "")
    var db = try TestDatabase.current.connect()
    var other = try TestDatabase.current.connect()
    try other.execute("CREATE TABLE busy (id int)")
    try other.executeScript("BEGIN; LOCK busy")
    let migrator = folder.migrator { $0.allowNonEmpty = true }
    let error = #expect(throws: MigrationError.self) { try migrator.up(on: &db) }
    #expect(error?.category == .tryAgain)
    try other.execute("ROLLBACK")
    #expect(try migrator.up(on: &db).count == 1)
  }

  @Test func `a connection that breaks leaves nothing of the migration`() throws {
    let folder = try ScratchFolder()
    try folder.write(
      "1_a.sql",
      up: "CREATE TABLE a (id int); SELECT pg_terminate_backend(pg_backend_pid());",
      down: ""
    )
    var db = try TestDatabase.current.connect()
    let error = #expect(throws: MigrationError.self) { try folder.migrator().up(on: &db) }
    #expect(error?.category == .unreachable)
    var again = try TestDatabase.current.connect()
    #expect(try again.query("SELECT to_regclass('a') IS NULL").scalar())
    try folder.write("1_a.sql", up: "CREATE TABLE a (id int);", down: "")
    #expect(try folder.migrator().up(on: &again).count == 1)
  }
}
