import PQClient
import SQLMigrations
import TestSupport
import Testing
import VectorSQL

@Suite(.temporaryDatabase)
struct MigrationsUpDownTests {
  @Test func `applies what is pending, once, and records it`() throws {
    let folder = try ScratchFolder()
    try folder.writeTables(3)
    var db = try TestDatabase.current.connect()
    let results = try folder.migrator().up(on: &db)
    #expect(results.map(\.name) == (1...3).map { "\(20_260_101_000_000 + $0)_create_t\($0).sql" })
    #expect(try folder.migrator().up(on: &db).isEmpty)
    let plan = try folder.migrator().plan(on: &db)
    #expect(plan.isUpToDate)
    #expect(plan.entries.map(\.state) == [.applied, .applied, .applied])
    #expect(plan.entries.allSatisfy { $0.record?.appliedBy == "postgres" })
    try folder.writeTables(5)
    #expect(try folder.migrator().up(to: "20260101000004", on: &db).count == 1)
    #expect(try folder.migrator().up(on: &db).count == 1)
    #expect(db.transactionStatus == .idle)
  }

  @Test func `down and up again leave the catalogue as it was`() throws {
    let folder = try ScratchFolder()
    try folder.writeTables(4)
    var db = try TestDatabase.current.connect()
    let empty = try catalogue(&db)
    try folder.migrator().up(on: &db)
    let full = try catalogue(&db)
    #expect(full != empty)
    #expect(try folder.migrator().down(on: &db).map(\.version) == ["20260101000004"])
    #expect(try folder.migrator().down(nil, on: &db).count == 3)
    #expect(try catalogue(&db) == empty)
    #expect(try folder.migrator().down(on: &db).isEmpty)
    try folder.migrator().up(on: &db)
    #expect(try catalogue(&db) == full)
  }

  @Test func `the third of five fails: two stay, nothing of the third does`() throws {
    let folder = try ScratchFolder()
    try folder.writeTables(5)
    try folder.write(
      "20260101000003_create_t3.sql",
      up: "CREATE TABLE t3 (id int);\nCREATE INDEX ON t3 (\"größe\", nonsense);",
      down: ""
    )
    var db = try TestDatabase.current.connect()
    let error = #expect(throws: MigrationError.self) { try folder.migrator().up(on: &db) }
    #expect(error?.category == .badData)
    #expect(error?.failed == "20260101000003_create_t3.sql")
    #expect(error?.applied.count == 2)
    #expect(
      error?.lines == [
        "\(folder.path)/20260101000003_create_t3.sql:3:1: column \"größe\" does not exist",
        "Nothing of this file was kept; 2 before it are applied.",
      ]
    )
    #expect(try db.query("SELECT to_regclass('t3') IS NULL").scalar())
    #expect(try folder.migrator().plan(on: &db).entries(.applied).count == 2)
    try folder.write("20260101000003_create_t3.sql", up: "CREATE TABLE t3 (id int);", down: "")
    #expect(try folder.migrator().up(on: &db).count == 3)
  }

  @Test func `points at the character that the server points at`() throws {
    let folder = try ScratchFolder()
    try folder.write("1_a.sql", up: "SELECT 1;\n\tSELECT 'ä€😀', nonsense FROM nowhere;", down: "")
    var db = try TestDatabase.current.connect()
    let error = #expect(throws: MigrationError.self) { try folder.migrator().up(on: &db) }
    #expect(
      error?.lines == [
        "\(folder.path)/1_a.sql:3:30: relation \"nowhere\" does not exist",
        "\tSELECT 'ä€😀', nonsense FROM nowhere;",
        "\t                             ^",
        "Nothing was applied.",
      ]
    )
  }

  @Test func `names the row of COPY's data that failed`() throws {
    let folder = try ScratchFolder()
    try folder.write(
      "1_a.sql",
      up: "CREATE TABLE c (id int);\nCOPY c FROM stdin;\n1\n2\nthree\n\\.\nSELECT 1;",
      down: ""
    )
    var db = try TestDatabase.current.connect()
    let error = #expect(throws: MigrationError.self) { try folder.migrator().up(on: &db) }
    #expect(error?.place?.location == SourceLocation(line: 6, column: 1))
    #expect(error?.detail?.contains("column id") == true)
    #expect(try db.query("SELECT to_regclass('c') IS NULL").scalar())
    #expect(db.transactionStatus == .idle)
  }

  @Test func `a constraint that fails at COMMIT rolls everything back`() throws {
    let folder = try ScratchFolder()
    try folder.write(
      "1_a.sql",
      up: """
        CREATE TABLE p (id int PRIMARY KEY, q int REFERENCES p DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO p VALUES (1, 2);
        """,
      down: ""
    )
    var db = try TestDatabase.current.connect()
    let error = #expect(throws: MigrationError.self) { try folder.migrator().up(on: &db) }
    #expect(error?.message.hasPrefix("at its COMMIT: insert or update on table \"p\"") == true)
    #expect(error?.detail?.contains("Key (q)=(2)") == true)
    #expect(try db.query("SELECT to_regclass('p') IS NULL").scalar())
    #expect(try folder.migrator().plan(on: &db).entries.map(\.state) == [.pending])
  }

  @Test func `what a migration sets neither breaks its record nor reaches the next`() throws {
    let folder = try ScratchFolder()
    try folder.write(
      "1_a.sql",
      up: """
        CREATE ROLE \(try role) NOLOGIN;
        CREATE SCHEMA s AUTHORIZATION \(try role);
        SET search_path = s;
        SET statement_timeout = '1h';
        SET ROLE \(try role);
        CREATE TABLE inside (id int);
        SET SESSION AUTHORIZATION \(try role);
        """,
      down: "DROP SCHEMA s CASCADE; DROP ROLE \(try role);"
    )
    try folder.write("2_b.sql", up: "CREATE TABLE outside (id int);", down: "DROP TABLE outside;")
    var db = try TestDatabase.current.connect()
    #expect(try folder.migrator().up(on: &db).count == 2)
    #expect(try db.query("SELECT to_regclass('public.outside') IS NOT NULL").scalar())
    #expect(try db.query("SHOW statement_timeout").scalar() == "0")
    #expect(try db.query("SELECT current_user = 'postgres'").scalar())
    let owners = try db.query(
      "SELECT string_agg(DISTINCT applied_by, ',') FROM dbtool.schema_history"
    )
    #expect(try owners.scalar() == "postgres")
    #expect(try folder.migrator().down(nil, on: &db).count == 2)
  }

  private var role: String { get throws { try TestDatabase.current.name + "_role" } }

  @Test func `passes notices on`() throws {
    let folder = try ScratchFolder()
    try folder.write("1_a.sql", up: "DO $$ BEGIN RAISE NOTICE 'hello'; END $$;", down: "")
    var db = try TestDatabase.current.connect()
    var heard: [String] = []
    try folder.migrator().up(on: &db) { event in
      if case .notice(let notice) = event { heard.append(notice.message) }
    }
    #expect(heard == ["hello"])
  }

  @Test func `a migration without a down section is not reverted, an empty one is`() throws {
    let folder = try ScratchFolder()
    try folder.write("1_a.sql", "-- migrate:up\nCREATE TABLE a (id int);\n")
    try folder.write("2_b.sql", "-- migrate:up\nCREATE TABLE b (id int);\n-- migrate:down\n")
    var db = try TestDatabase.current.connect()
    try folder.migrator().up(on: &db)
    let error = #expect(throws: MigrationError.self) { try folder.migrator().down(2, on: &db) }
    #expect(error?.message == "cannot be reverted: it has no '-- migrate:down' line")
    #expect(try folder.migrator().plan(on: &db).entries(.applied).count == 2)
    #expect(try folder.migrator().down(1, on: &db).map(\.version) == ["2"])
  }

  @Test func `edited, missing and late files are refused before anything runs`() throws {
    let folder = try ScratchFolder()
    try folder.writeTables(2)
    var db = try TestDatabase.current.connect()
    try folder.migrator().up(on: &db)
    try folder.write("20260101000009_later.sql", up: "CREATE TABLE later (id int);", down: "")
    try folder.write("20260101000000_late.sql", up: "CREATE TABLE late (id int);", down: "")
    let late = #expect(throws: MigrationError.self) { try folder.migrator().up(on: &db) }
    #expect(late?.category == .badData)
    #expect(try db.query("SELECT to_regclass('later') IS NULL").scalar())
    #expect(try folder.migrator { $0.allowOutOfOrder = true }.up(on: &db).count == 2)
    try folder.remove("20260101000000_late.sql")
    try folder.write("20260101000009_later.sql", up: "CREATE TABLE other (id int);", down: "")
    let both = #expect(throws: MigrationError.self) { try folder.migrator().up(on: &db) }
    #expect(
      both?.message
        == "20260101000009_later.sql was edited after it was applied;"
        + " 20260101000000_late.sql was applied, and its file is gone"
    )
    #expect(throws: MigrationError.self) { try folder.migrator().down(on: &db) }
  }

  @Test func `a database with tables and no history is left alone`() throws {
    let folder = try ScratchFolder()
    try folder.writeTables(2)
    var db = try TestDatabase.current.connect()
    try db.execute("CREATE TABLE theirs (id int)")
    let error = #expect(throws: MigrationError.self) { try folder.migrator().up(on: &db) }
    #expect(error?.category == .configuration)
    #expect(error?.lines.count == 3)
    #expect(
      error?.message
        == "this database has 1 table and no history of migrations"
        + " (first pending: 20260101000001_create_t1.sql)"
    )
    #expect(try db.query("SELECT to_regnamespace('dbtool') IS NULL").scalar())
    #expect(throws: MigrationError.self) { try folder.migrator().script(on: &db) }
    #expect(try folder.migrator { $0.allowNonEmpty = true }.up(on: &db).count == 2)
  }

  @Test func `a baseline records without running`() throws {
    let folder = try ScratchFolder()
    try folder.writeTables(3)
    var db = try TestDatabase.current.connect()
    try db.executeScript("CREATE TABLE t1 (id int); CREATE TABLE t2 (id int)")
    let recorded = try folder.migrator().baseline(to: "20260101000002", on: &db)
    #expect(recorded.map(\.version) == ["20260101000001", "20260101000002"])
    #expect(try folder.migrator().baseline(to: "20260101000002", on: &db).isEmpty)
    #expect(throws: MigrationError.self) { try folder.migrator().baseline(on: &db) }
    #expect(try folder.migrator().up(on: &db).map(\.version) == ["20260101000003"])
    let plan = try folder.migrator().plan(on: &db)
    #expect(plan.entries.map(\.record?.state) == [.baselined, .baselined, .applied])
  }

  @Test func `makes a file that runs`() throws {
    let folder = try ScratchFolder()
    var db = try TestDatabase.current.connect()
    let made = MigrationFolder(folder.path + "/below/migrations")
    let first = try made.addFile(titled: "create product table")
    let second = try made.addFile(titled: "add-price")
    #expect(first.hasSuffix("_create_product_table.sql"))
    #expect(second.hasSuffix("_add-price.sql"))
    #expect(try Migrator(folder: made).up(on: &db).count == 2)
    for title in ["", " ", "../x", "a;b", "é/"] {
      let error = #expect(throws: MigrationError.self) { try made.addFile(titled: title) }
      #expect(error?.category == .usage)
    }
  }

  @Test func `a folder that is not there, a file twice, a bad name`() throws {
    let folder = try ScratchFolder()
    var db = try TestDatabase.current.connect()
    let absent = #expect(throws: MigrationError.self) {
      try Migrator(folder: MigrationFolder("/nowhere/at/all")).up(on: &db)
    }
    #expect(absent?.category == .absent)
    try folder.write("README.md", "hello")
    try folder.write(".#1_a.sql", "lock file of an editor")
    #expect(try folder.migrator().up(on: &db).isEmpty)
    try folder.write("create.sql", "-- migrate:up\n")
    let bad = #expect(throws: MigrationError.self) { try folder.migrator().up(on: &db) }
    #expect(bad?.lines.first?.hasPrefix("\(folder.path)/create.sql: a migration is named") == true)
    try folder.remove("create.sql")
    try folder.write("1_a.sql", "-- migrate:up\n")
    try folder.write("1_b.sql", "-- migrate:up\n")
    let twice = #expect(throws: MigrationError.self) { try folder.migrator().up(on: &db) }
    #expect(twice?.lines.first == "\(folder.path)/1_b.sql: has the same version as 1_a.sql")
    #expect(twice?.category == .badData)
  }
}
