import Foundation
import PQClient
import SQLMigrations
import TestSupport
import Testing
import VectorSQL

@Suite(.temporaryDatabase)
struct MigrationsInternalSchemaTests {
  @Test func `every file of sql internal is compiled in, in its order`() throws {
    let folder = PackageDirectory.path("sql/internal")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(InternalSchema.files.map(\.name) == names.filter { $0.hasSuffix(".sql") }.sorted())
    for file in InternalSchema.files {
      let data = try Data(contentsOf: URL(filePath: folder + "/" + file.name))
      #expect(Array(data) == Array(file.sql.utf8), "\(file.name)")
    }
  }

  @Test func `parts are made once, and pgvector is needed for the last alone`() throws {
    var db = try TestDatabase.current.connect()
    try InternalSchema.install([.history, .registry], on: &db)
    try InternalSchema.install([.history, .registry], on: &db)
    #expect(try installed(&db) == "00_schema.sql,01_history.sql,02_registry.sql,03_tuning.sql")
    #expect(throws: PostgresError.self) { try InternalSchema.install([.lexical], on: &db) }
    #expect(db.transactionStatus == .idle)
    try db.executeScript(
      "CREATE SCHEMA \"Vectors; here\"; CREATE EXTENSION vector SCHEMA \"Vectors; here\""
    )
    try InternalSchema.install(InternalSchema.Part.allCases, on: &db)
    #expect(try installed(&db).hasSuffix("10_lexical.sql"))
    #expect(db.takeNotices().isEmpty)
  }

  @Test func `a role without the right to create a schema uses one that was made for it`() throws {
    let database = try TestDatabase.current
    let role = database.name + "_migrator"
    var admin = try database.connect()
    try admin.execute("CREATE ROLE \(ident: role) LOGIN")
    defer { _ = try? admin.executeScript("DROP OWNED BY \(role); DROP ROLE \(role)") }
    try admin.execute("CREATE SCHEMA dbtool")
    try admin.execute("GRANT USAGE, CREATE ON SCHEMA dbtool TO \(ident: role)")
    try admin.execute("GRANT CREATE ON SCHEMA public TO \(ident: role)")
    let folder = try ScratchFolder()
    try folder.writeTables(2)
    var db = try database.connect(["user": role])
    #expect(try folder.migrator().up(on: &db).count == 2)
  }

  private func installed(_ db: inout PQConnection) throws -> String {
    let rows = try db.query(
      "SELECT string_agg(file, ',' ORDER BY file) FROM dbtool.internal_version"
    )
    return try rows.scalar()
  }
}
