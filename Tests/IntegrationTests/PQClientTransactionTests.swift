import PQClient
import TestSupport
import Testing
import VectorSQL

private struct Stop: Error {}

@Suite("Transactions", .temporaryDatabase)
struct PQClientTransactionTests {
  private func emptyTable() throws -> PQConnection {
    var db = try TestDatabase.current.connect()
    try db.execute("CREATE TABLE t (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    return db
  }

  @Test func `what a closure returns is committed, what it throws undoes everything`() throws {
    var db = try emptyTable()
    let value = try db.transaction { db in
      try db.execute("INSERT INTO t VALUES (1)")
      return 7
    }
    #expect(value == 7)
    #expect(throws: Stop.self) {
      try db.transaction { db in
        try db.execute("INSERT INTO t VALUES (2)")
        throw Stop()
      }
    }
    #expect(try db.query("SELECT count(*) FROM t").scalar() == 1)
    #expect(db.transactionStatus == .idle)
  }

  @Test func `a commit that rolls back is an error`() throws {
    var db = try emptyTable()
    let failed = #expect(throws: PostgresError.self) {
      try db.transaction { db in
        try db.execute("INSERT INTO t VALUES (1)")
        _ = try? db.query("SELECT 1 / 0")
      }
    }
    #expect(failed?.sqlState == .inFailedTransaction)
    let deferred = #expect(throws: PostgresError.self) {
      try db.transaction { try $0.execute("INSERT INTO t VALUES (1), (1)") }
    }
    #expect(deferred?.sqlState == .uniqueViolation)
    #expect(try db.query("SELECT count(*) FROM t").scalar() == 0)
    #expect(db.transactionStatus == .idle)
  }

  @Test func `a transaction within another is an error`() throws {
    var db = try emptyTable()
    let error = #expect(throws: PostgresError.self) {
      try db.transaction { db in
        try db.execute("INSERT INTO t VALUES (1)")
        try db.transaction { _ in }
      }
    }
    #expect(error?.sqlState == .activeTransaction)
    #expect(try db.query("SELECT count(*) FROM t").scalar() == 0)
  }

  @Test(arguments: ["COMMIT", "ROLLBACK"])
  func `a transaction that ends inside its closure is an error`(end: String) throws {
    var db = try emptyTable()
    let error = #expect(throws: PostgresError.self) {
      try db.transaction { try $0.execute("\(unsafeRaw: end)") }
    }
    #expect(error?.sqlState == .noActiveTransaction)
    #expect(db.takeNotices().isEmpty)
  }

  @Test func `the opening statement says what kind it is`() throws {
    var db = try emptyTable()
    let error = #expect(throws: PostgresError.self) {
      try db.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") { db in
        try db.execute("INSERT INTO t VALUES (1)")
      }
    }
    #expect(error?.sqlState == .readOnlyTransaction)
  }

  @Test func `a connection that breaks inside is the closure's error`() throws {
    var db = try emptyTable()
    let error = #expect(throws: PostgresError.self) {
      try db.transaction { try $0.execute("SELECT pg_terminate_backend(pg_backend_pid())") }
    }
    #expect(error?.origin == .connection)
  }
}

@Suite("Advisory locks", .temporaryDatabase)
struct PQClientLockTests {
  private static let key: Int64 = -0x1234_5678_9ABC_DEF0

  @Test func `the second waits, hears who holds it, and gets it afterwards`() async throws {
    let database = try TestDatabase.current
    var holder = try database.connect(["application_name": "the holder"])
    try holder.execute("SELECT pg_advisory_lock(\(Self.key))")
    let (waiting, announce) = AsyncStream.makeStream(of: AdvisoryLockHolder?.self)
    let waiter = Task {
      try await onOwnThread {
        var db = try database.connect()
        return try db.withAdvisoryLock(
          Self.key,
          waitingUpTo: .seconds(60),
          onWait: { announce.yield($0) },
          { try $0.query("SELECT count(*) FROM made_by_holder").scalar(Int.self) }
        )
      }
    }
    for await seen in waiting {
      #expect(seen?.pid == holder.backendPID)
      #expect(seen?.application == "the holder")
      break
    }
    try holder.execute("CREATE TABLE made_by_holder AS SELECT 1 AS n")
    try holder.execute("SELECT pg_advisory_unlock(\(Self.key))")
    #expect(try await waiter.value == 1)
  }

  @Test func `an index is built concurrently while another session waits`() async throws {
    let database = try TestDatabase.current
    var holder = try database.connect()
    try holder.execute("CREATE TABLE t AS SELECT n FROM generate_series(1, 1000) AS n")
    let (waiting, announce) = AsyncStream.makeStream(of: Void.self)
    try holder.execute("SELECT pg_advisory_lock(\(Self.key))")
    let waiter = Task {
      try await onOwnThread {
        var db = try database.connect()
        try db.withAdvisoryLock(
          Self.key,
          waitingUpTo: .seconds(60),
          onWait: { _ in announce.yield() },
          { _ in }
        )
      }
    }
    for await _ in waiting { break }
    try holder.execute("SET statement_timeout = '30s'")
    try holder.execute("CREATE INDEX CONCURRENTLY ON t (n)")
    try holder.execute("SELECT pg_advisory_unlock(\(Self.key))")
    try await waiter.value
  }

  @Test func `who waits in vain learns who holds it`() throws {
    var holder = try TestDatabase.current.connect(["application_name": "the holder"])
    var other = try TestDatabase.current.connect()
    try holder.withAdvisoryLock(Self.key, waitingUpTo: .zero) { holder in
      let error = #expect(throws: AdvisoryLockTimeout.self) {
        try other.withAdvisoryLock(Self.key, waitingUpTo: .milliseconds(100)) { _ in }
      }
      #expect(error?.holder?.pid == holder.backendPID)
      #expect(error?.holder?.application == "the holder")
      #expect((error?.waited ?? .zero) >= .milliseconds(100))
    }
    try other.withAdvisoryLock(Self.key, waitingUpTo: .zero) { _ in }
  }

  @Test func `it is given back whatever happens inside`() throws {
    var first = try TestDatabase.current.connect()
    var second = try TestDatabase.current.connect()
    #expect(throws: Stop.self) {
      try first.withAdvisoryLock(Self.key, waitingUpTo: .zero) { _ in throw Stop() }
    }
    #expect(throws: PostgresError.self) {
      try first.withAdvisoryLock(Self.key, waitingUpTo: .zero) { db in
        try db.execute("BEGIN")
        try db.execute("SELECT 1 / 0")
      }
    }
    #expect(first.transactionStatus == .idle)
    #expect(try second.withAdvisoryLock(Self.key, waitingUpTo: .zero) { _ in 5 } == 5)
  }
}

@Suite("Cancelling", .temporaryDatabase)
struct PQClientCancelTests {
  @Test func `another thread ends the running statement and not the session`() async throws {
    var db = try TestDatabase.current.connect()
    let handle = db.cancelHandle
    let database = try TestDatabase.current
    let pid = db.backendPID
    let canceller = Task {
      try await onOwnThread {
        var other = try database.connect()
        var isRunning = false
        while !isRunning {
          isRunning = try other.query(
            """
            SELECT wait_event IS NOT DISTINCT FROM 'PgSleep' FROM pg_stat_activity
            WHERE pid = \(Int32(pid))
            """
          ).scalar()
        }
        return handle.cancel()
      }
    }
    let error = #expect(throws: PostgresError.self) { try db.query("SELECT pg_sleep(60)") }
    #expect(error?.sqlState == .queryCanceled)
    #expect(error?.origin == .server)
    #expect(try await canceller.value)
    #expect(try db.query("SELECT 1").scalar() == 1)
  }

  @Test func `with nothing to cancel nothing happens`() throws {
    var db = try TestDatabase.current.connect()
    db.cancelHandle.cancel()
    #expect(throws: Never.self) { try db.query("SELECT pg_sleep(0.05)") }
  }
}
