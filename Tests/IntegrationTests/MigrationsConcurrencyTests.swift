import PQClient
import SQLMigrations
import TestSupport
import Testing
import VectorSQL

@Suite(.temporaryDatabase)
struct MigrationsConcurrencyTests {
  @Test func `sixteen at once on an empty database: each migration once, all succeed`() async throws
  {
    let folder = try ScratchFolder()
    try folder.writeTables(10)
    try folder.write(
      "20260101000099_index.sql",
      "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY late_idx ON t1 (note);\n"
    )
    let database = try TestDatabase.current
    let counts = try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 1...16 {
        group.addTask {
          try await onOwnThread {
            var db = try database.connect(["application_name": "runner \(number)"])
            return try folder.migrator().up(on: &db).count
          }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(counts.reduce(0, +) == 11)
    var db = try database.connect()
    #expect(try folder.migrator().plan(on: &db).isUpToDate)
    #expect(try db.query("SELECT count(*) FROM dbtool.schema_history").scalar() == 11)
  }

  @Test func `gives up in time, and says who holds the lock`() throws {
    let folder = try ScratchFolder()
    try folder.writeTables(1)
    var holder = try TestDatabase.current.connect(["application_name": "the holder"])
    var db = try TestDatabase.current.connect()
    try folder.migrator().up(on: &db)
    try folder.writeTables(2)
    let pid = holder.backendPID
    try holder.execute("SELECT pg_advisory_lock(x'6462746f6f6c4d49'::bigint)")
    let impatient = folder.migrator { $0.lockTimeout = .milliseconds(200) }
    var events: [MigrationEvent] = []
    let error = #expect(throws: MigrationError.self) {
      try impatient.up(on: &db) { events.append($0) }
    }
    #expect(error?.category == .tryAgain)
    #expect(
      error?.message.hasPrefix("another session migrates this database: the holder (pid \(pid)")
        == true
    )
    #expect(events.count == 1)
    #expect(try db.query("SELECT to_regclass('t2') IS NULL").scalar())
    // With nothing to do, nobody waits.
    try folder.remove("20260101000002_create_t2.sql")
    #expect(try impatient.up(on: &db).isEmpty)
  }

  @Test func `the lock is free after a failure`() throws {
    let folder = try ScratchFolder()
    try folder.write("1_a.sql", up: "SELECT nonsense;", down: "")
    var db = try TestDatabase.current.connect()
    #expect(throws: MigrationError.self) { try folder.migrator().up(on: &db) }
    let held = try db.query(
      "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    )
    #expect(try held.scalar() == 0)
  }
}
