import PQClient
import SQLMigrations
import TestSupport
import Testing
import VectorSQL

@Suite(.temporaryDatabase)
struct MigrationsStatementTests {
  /// One statement after the other, two of which refuse to run in a transaction.
  private let mixed = """
    -- migrate:up transaction:false
    SET lock_timeout = '7s';
    CREATE TABLE big (id int, setting text DEFAULT current_setting('lock_timeout'));
    CREATE INDEX CONCURRENTLY big_id_idx ON big (id);
    INSERT INTO big VALUES (1);
    SELECT 1 / (SELECT count(*) FROM switch);
    INSERT INTO big VALUES (2);
    VACUUM big;
    -- migrate:down transaction:false
    DROP INDEX CONCURRENTLY big_id_idx;
    SELECT 1 / (SELECT count(*) FROM switch);
    DROP TABLE big;
    """

  private func prepare() throws -> ScratchFolder {
    let folder = try ScratchFolder()
    try folder.write("1_big.sql", mixed)
    try folder.write("2_after.sql", up: "CREATE TABLE after (id int);", down: "DROP TABLE after;")
    var db = try TestDatabase.current.connect()
    try db.execute("CREATE TABLE switch (id int)")
    return folder
  }

  @Test func `goes on where it failed, with the settings that it had`() throws {
    let folder = try prepare()
    var db = try TestDatabase.current.connect()
    let migrator = folder.migrator { $0.allowNonEmpty = true }
    let error = #expect(throws: MigrationError.self) { try migrator.up(on: &db) }
    #expect(error?.place?.location?.line == 6)
    #expect(error?.applied == [])
    let entry = try #require(try migrator.plan(on: &db).entries.first)
    #expect(entry.state == .unfinished)
    #expect(entry.record?.statementsDone == 4)
    #expect(entry.record?.failure == "division by zero")
    #expect(try db.query("SELECT count(*) FROM big").scalar() == 1)

    try db.execute("INSERT INTO switch VALUES (1)")
    var events: [MigrationEvent] = []
    #expect(try migrator.up(on: &db) { events.append($0) }.map(\.version) == ["1", "2"])
    #expect(events.contains(.resumed(name: "1_big.sql", statement: 5, mayHaveRun: false)))
    let rows = try db.query("SELECT string_agg(id || ' ' || setting, ',' ORDER BY id) FROM big")
    #expect(try rows.scalar() == "1 7s,2 7s")
    #expect(try migrator.plan(on: &db).isUpToDate)
    #expect(try db.query("SHOW lock_timeout").scalar() == "0")
  }

  @Test func `a section without a transaction goes down, too`() throws {
    let folder = try prepare()
    var db = try TestDatabase.current.connect()
    let migrator = folder.migrator { $0.allowNonEmpty = true }
    try db.execute("INSERT INTO switch VALUES (1)")
    try migrator.up(on: &db)
    try db.execute("DELETE FROM switch")
    #expect(throws: MigrationError.self) { try migrator.down(nil, on: &db) }
    let record = try migrator.plan(on: &db).entries.first?.record
    #expect(record?.state == .reverting)
    #expect(record?.statementsDone == 1)
    let up = #expect(throws: MigrationError.self) { try migrator.up(on: &db) }
    #expect(up?.message == "1_big.sql is half reverted")
    try db.execute("INSERT INTO switch VALUES (1)")
    #expect(try migrator.down(on: &db).map(\.version) == ["1"])
    #expect(try db.query("SELECT count(*) FROM dbtool.schema_history").scalar() == 0)
    #expect(try db.query("SELECT to_regclass('big') IS NULL").scalar())
  }

  @Test func `what is done may not change, what comes after may`() throws {
    let folder = try prepare()
    var db = try TestDatabase.current.connect()
    let migrator = folder.migrator { $0.allowNonEmpty = true }
    #expect(throws: MigrationError.self) { try migrator.up(on: &db) }
    let corrected = mixed.replacing(
      "SELECT 1 / (SELECT count(*) FROM switch);\nINSERT",
      with: "INSERT"
    )
    try folder.write("1_big.sql", corrected.replacing("VALUES (1)", with: "VALUES (11)"))
    let error = #expect(throws: MigrationError.self) { try migrator.up(on: &db) }
    #expect(error?.message == "the first 4 statements have run, and were edited since")
    try folder.write("1_big.sql", corrected)
    #expect(try migrator.up(on: &db).count == 2)
    #expect(try migrator.plan(on: &db).isUpToDate)
  }

  @Test func `says when a statement may have run in a run that was cut off`() throws {
    let folder = try prepare()
    var db = try TestDatabase.current.connect()
    let migrator = folder.migrator { $0.allowNonEmpty = true }
    #expect(throws: MigrationError.self) { try migrator.up(on: &db) }
    // As after a kill between the index and its record.
    try db.executeScript(
      """
      UPDATE dbtool.schema_history SET failure = NULL, statements_done = 2,
        statements_checksum = \(try checksum(ofFirst: 2));
      DELETE FROM big; INSERT INTO switch VALUES (1);
      """
    )
    var events: [MigrationEvent] = []
    let error = #expect(throws: MigrationError.self) {
      try migrator.up(on: &db) { events.append($0) }
    }
    #expect(events.contains(.resumed(name: "1_big.sql", statement: 3, mayHaveRun: true)))
    #expect(error?.advice?.hasPrefix("An earlier run was cut off in this statement") == true)
    try db.execute("DROP INDEX big_id_idx")
    #expect(try migrator.up(on: &db).count == 2)
  }

  private func checksum(ofFirst count: Int) throws -> String {
    let parsed = try MigrationParser.parse(SourceText(name: "", bytes: Array(mixed.utf8)))
    let done = parsed.up.statements.prefix(count)
    return SQLLiteral.quoted(MigrationHistory.checksum(done, of: parsed.source))
  }

  @Test func `a transaction of the file's own is resumed at its BEGIN`() throws {
    let folder = try ScratchFolder()
    try folder.write(
      "1_a.sql",
      """
      -- migrate:up transaction:false
      CREATE TABLE a (id int);
      BEGIN;
      INSERT INTO a VALUES (1);
      INSERT INTO a VALUES (1 / 0);
      COMMIT;
      """
    )
    var db = try TestDatabase.current.connect()
    #expect(throws: MigrationError.self) { try folder.migrator().up(on: &db) }
    #expect(db.transactionStatus == .idle)
    #expect(try folder.migrator().plan(on: &db).entries.first?.record?.statementsDone == 1)
    #expect(try db.query("SELECT count(*) FROM a").scalar() == 0)
  }

  @Test func `an open transaction at the end is an error`() throws {
    let folder = try ScratchFolder()
    try folder.write(
      "1_a.sql",
      "-- migrate:up transaction:false\nBEGIN;\nCREATE TABLE a (id int);\n"
    )
    var db = try TestDatabase.current.connect()
    let error = #expect(throws: MigrationError.self) { try folder.migrator().up(on: &db) }
    #expect(error?.message == "the section leaves a transaction open")
    #expect(try db.query("SELECT to_regclass('a') IS NULL").scalar())
    #expect(try folder.migrator().plan(on: &db).entries.first?.state == .unfinished)
  }

  @Test func `what cannot run in a transaction is told how`() throws {
    let folder = try ScratchFolder()
    try folder.write("1_a.sql", up: "CREATE TABLE a (id int);\nVACUUM a;", down: "")
    var db = try TestDatabase.current.connect()
    let error = #expect(throws: MigrationError.self) { try folder.migrator().up(on: &db) }
    #expect(error?.advice?.contains("transaction:false") == true)
    #expect(error?.place?.location?.line == 3)
  }
}
