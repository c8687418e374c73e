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
