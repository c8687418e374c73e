import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("Pipelines", .temporaryDatabase)
struct PQClientPipelineTests {
  @Test func `a thousand statements give a thousand results in order`() throws {
    var db = try TestDatabase.current.connect()
    let results = try db.pipeline((0..<1000).map { SQLStatement("SELECT \($0), \("n \($0)")") })
    #expect(results.count == 1000)
    for (index, result) in results.enumerated() {
      #expect(try result[0][0] == index)
      #expect(try result[0][1] == "n \(index)")
    }
    #expect(try db.pipeline([]).isEmpty)
    #expect(db.transactionStatus == .idle)
  }

  @Test func `large statements and large results do not wait for each other`() throws {
    var db = try TestDatabase.current.connect()
    let text = String(repeating: "x", count: 1 << 20)
    let results = try db.pipeline((0..<40).map { SQLStatement("SELECT \(text) || \($0)") })
    #expect(
      try results.map { try $0.scalar(String.self).utf8.count }.allSatisfy { $0 > text.utf8.count }
    )
    #expect(results.count == 40)
  }

  @Test func `an error in the middle undoes the whole and leaves the session idle`() throws {
    var db = try TestDatabase.current.connect()
    try db.execute("CREATE TABLE t (n int)")
    let error = #expect(throws: PostgresError.self) {
      try db.pipeline(
        [
          "INSERT INTO t VALUES (1)", "SELECT 1 / 0", "INSERT INTO t VALUES (2)", "SELECT wrong",
        ].map { SQLStatement($0) }
      )
    }
    #expect(error?.sqlState == SQLState(rawValue: "22012"))
    #expect(db.transactionStatus == .idle)
    #expect(try db.query("SELECT count(*) FROM t").scalar() == 0)

    #expect(throws: PostgresError.self) {
      try db.pipeline(
        ["BEGIN", "INSERT INTO t VALUES (1)", "SELECT 1 / 0", "COMMIT"].map { SQLStatement($0) }
      )
    }
    #expect(db.transactionStatus == .idle)
    #expect(try db.query("SELECT count(*) FROM t").scalar() == 0)
  }

  @Test func `an error inside the caller's transaction leaves that transaction failed`() throws {
    var db = try TestDatabase.current.connect()
    try db.execute("BEGIN")
    #expect(throws: PostgresError.self) { try db.pipeline([SQLStatement("SELECT 1 / 0")]) }
    #expect(db.transactionStatus == .failed)
    try db.execute("ROLLBACK")
  }

  @Test func `a prepared statement runs for many binds in one round trip`() throws {
    var db = try TestDatabase.current.connect()
    let square = try db.prepare(SQLStatement("SELECT \(0) * $1"))
    let results = try db.pipeline(square, binds: (0..<500).map { [SQLBind($0)] })
    #expect(try results.map { try $0.scalar(Int.self) } == (0..<500).map { $0 * $0 })
    #expect(throws: PostgresError.self) { try db.pipeline(square, binds: [[SQLBind("x")]]) }
    #expect(throws: PostgresError.self) {
      try db.pipeline(square, binds: [[SQLBind(2)], [SQLBind(Int.max)], [SQLBind(3)]])
    }
    #expect(try db.query(square, binds: [SQLBind(3)]).scalar() == 9)
  }

  @Test(arguments: ["COPY t FROM STDIN", "COPY t TO STDOUT"])
  func `a COPY in a pipeline is an error and no endless wait`(copy: String) throws {
    var db = try TestDatabase.current.connect()
    try db.executeScript("CREATE TABLE t (n int); INSERT INTO t VALUES (1)")
    let copy = SQLStatement(text: copy, binds: [])
    #expect(throws: PostgresError.self) { try db.pipeline([copy]) }
    var second = try TestDatabase.current.connect()
    #expect(throws: PostgresError.self) {
      try second.pipeline([SQLStatement("SELECT 1"), copy, SQLStatement("SELECT 2")])
    }
  }

  @Test func `a connection that breaks in the middle is an error that says why`() throws {
    var db = try TestDatabase.current.connect()
    let end = SQLStatement("SELECT pg_terminate_backend(pg_backend_pid())")
    let error = #expect(throws: PostgresError.self) {
      try db.pipeline([SQLStatement("SELECT 1"), end, SQLStatement("SELECT pg_sleep(5)")])
    }
    #expect(error?.origin == .connection)
    #expect(error?.message == "terminating connection due to administrator command")
    #expect((db.isBroken) == true)
  }

  @Test func `a statement runs under its own settings, which end with it`() throws {
    var db = try TestDatabase.current.connect()
    let statement = SQLStatement(
      "SELECT current_setting('work_mem') || current_setting('application_name')",
      settings: [SQLSetting("work_mem", "77MB"), SQLSetting("application_name", "it's \"me\"")]
    )
    #expect(try db.run(statement).scalar() == "77MBit's \"me\"")
    #expect(try db.query("SHOW work_mem").scalar() != "77MB")
    #expect(db.transactionStatus == .idle)
    #expect(throws: PostgresError.self) {
      try db.run(SQLStatement("SELECT 1 / 0", settings: statement.settings))
    }
    #expect(db.transactionStatus == .idle)
  }

  @Test func `settings within an open transaction do not commit it`() throws {
    var db = try TestDatabase.current.connect()
    try db.execute("CREATE TABLE t (n int)")
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try db.transaction { db in
        try db.execute("INSERT INTO t VALUES (1)")
        let settings = [SQLSetting("work_mem", "77MB")]
        #expect(try db.run(SQLStatement("SHOW work_mem", settings: settings)).scalar() == "77MB")
        throw Stop()
      }
    }
    #expect(try db.query("SELECT count(*) FROM t").scalar() == 0)
  }
}
