import PQClient
import TestSupport
import Testing
import VectorSQL

private struct Stop: Error {}

@Suite("Advisory locks", .temporaryDatabase, .timeLimit(.minutes(30)))
struct PQClientLockTests {
  private static let key: Int64 = -0x1234_5678_9ABC_DEF0

  @Test func `the second waits, hears who holds it, and gets it afterwards`() async throws {
    let database = try TestDatabase.current
    var holder = try database.connect(["application_name": "the holder"])
    try holder.execute("SELECT pg_advisory_lock(\(Self.key))")
    let (waiting, announce) = AsyncStream.makeStream(of: AdvisoryLockHolder?.self)
    let waiter = Task {
      try await onOwnThread {
        defer { announce.finish() }
        var db = try database.connect()
        return try db.withAdvisoryLock(
          Self.key,
          waitingUpTo: .seconds(600),
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
        defer { announce.finish() }
        var db = try database.connect()
        try db.withAdvisoryLock(
          Self.key,
          waitingUpTo: .seconds(600),
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

@Suite("Cancelling", .temporaryDatabase, .timeLimit(.minutes(30)))
struct PQClientCancelTests {
  @Test func `another thread ends the running statement and not the session`() async throws {
    let database = try TestDatabase.current
    let (handles, hand) = AsyncStream.makeStream(of: CancelHandle.self)
    let sleeper = Task {
      try await onOwnThread {
        defer { hand.finish() }
        var db = try database.connect(["application_name": "sleeper"])
        hand.yield(db.cancelHandle)
        let error = #expect(throws: PostgresError.self) { try db.query("SELECT pg_sleep(60)") }
        let answer: Int = try db.query("SELECT 1").scalar()
        #expect(answer == 1)
        return error
      }
    }
    for await handle in handles {
      try await waitUntilSleeping(database)
      #expect(handle.cancel())
    }
    let error = try await sleeper.value
    #expect(error?.sqlState == .queryCanceled)
    #expect(error?.origin == .server)
  }

  private func waitUntilSleeping(_ database: TestDatabase) async throws {
    var db = try database.connect()
    let isSleeping: SQLFragment = """
      SELECT count(*) > 0 FROM pg_stat_activity
      WHERE application_name = 'sleeper' AND wait_event = 'PgSleep'
        AND datname = current_database()
      """
    while try db.query(isSleeping).scalar() == false { try await Task.sleep(for: .milliseconds(5)) }
  }

  @Test func `with nothing to cancel nothing happens`() throws {
    var db = try TestDatabase.current.connect()
    db.cancelHandle.cancel()
    #expect(throws: Never.self) { try db.query("SELECT pg_sleep(0.05)") }
  }
}
