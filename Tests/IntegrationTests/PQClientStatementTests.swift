import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("Statements", .temporaryDatabase)
struct PQClientStatementTests {
  @Test func `rows are read by name, by number and in order`() throws {
    var db = try TestDatabase.current.connect()
    let rows = try db.query(
      "SELECT n, 'row ' || n AS name, NULL AS nothing FROM generate_series(1, \(3)) AS n"
    )
    #expect(rows.count == 3)
    #expect(rows.columns == ["n", "name", "nothing"])
    #expect(try rows.map { try $0.decode("name", as: String.self) } == ["row 1", "row 2", "row 3"])
    #expect(try rows[2][0] == 3)
    #expect(try rows[0].isNull("nothing"))
    #expect(try rows[0]["nothing"] == nil as Int?)
    #expect(rows.commandTag == "SELECT 3")
    #expect(try db.query("SELECT 1 WHERE false").first == nil)
  }

  @Test func `a column that is missing, NULL or of another type is named`() throws {
    var db = try TestDatabase.current.connect()
    let row = try #require(try db.query("SELECT 1 AS one, NULL::int AS none").first)
    func message(_ body: () throws -> Void) -> String? {
      #expect(throws: PostgresError.self) { try body() }?.message
    }
    #expect(
      message { _ = try row.decode("two", as: Int.self) }
        == "no column \"two\" in the result; it has one, none"
    )
    #expect(
      message { _ = try row.decode("none", as: Int.self) }
        == "column \"none\": NULL where Int was expected"
    )
    #expect(
      message { _ = try row.decode("one", as: String.self) }
        == "column \"one\": a column of type OID 23 read as a text"
    )
    #expect(message { let _: Int = try row[7] } == "no column number 7 in the result")
    #expect(message { let _: Int = try db.query("SELECT").scalar() } != nil)
    #expect(message { let _: Int = try db.query("SELECT 1 WHERE false").scalar() } != nil)
  }

  @Test func `a result outlives its connection`() throws {
    func rows() throws -> PQResult {
      var db = try TestDatabase.current.connect()
      return try db.query("SELECT 'still here'")
    }
    let result = try rows()
    #expect(try result.scalar() == "still here")
  }

  @Test func `a prepared statement runs with many binds, of the declared types alone`() throws {
    var db = try TestDatabase.current.connect()
    let double = try db.prepare(SQLStatement("SELECT \(0) * 2"))
    for number in [1, 5, -7] {
      #expect(try db.query(double, binds: [SQLBind(number)]).scalar() == number * 2)
    }
    let error = #expect(throws: PostgresError.self) {
      try db.query(double, binds: [SQLBind(1.5)])
    }
    #expect(error?.message == "parameter $1 was prepared as bigint, not double precision")
    #expect(throws: PostgresError.self) { try db.query(double, binds: []) }
    try db.deallocate(double)
    #expect(throws: PostgresError.self) { try db.query(double, binds: [SQLBind(1)]) }
    #expect(db.transactionStatus == .idle)
  }

  @Test func `a script runs as one transaction unless it says otherwise`() throws {
    var db = try TestDatabase.current.connect()
    let last = try db.executeScript("CREATE TABLE t (n int); INSERT INTO t VALUES (1), (2)")
    #expect(last.affectedRows == 2)
    let error = #expect(throws: PostgresError.self) {
      try db.executeScript("INSERT INTO t VALUES (3);\nSELECT wrong FROM t")
    }
    #expect(error?.position == 34)
    #expect(try db.query("SELECT count(*) FROM t").scalar() == 2)
    #expect(try db.executeScript("").isEmpty)
  }

  @Test func `a NUL is refused before the wire`() throws {
    var db = try TestDatabase.current.connect()
    for refused in [SQLFragment("SELECT \("a\0b")"), "SELECT 'a\0b'", "SELECT \(["\0"])"] {
      let error = #expect(throws: PostgresError.self) { try db.query(refused) }
      #expect(error?.origin == .client)
      #expect(error?.sqlState == nil)
    }
    #expect(throws: PostgresError.self) { try db.executeScript("SELECT 1\0; DROP TABLE t") }
    #expect(throws: PostgresError.self) { try db.pipeline([SQLStatement("SELECT \("\0")")]) }
    #expect(try db.query("SELECT 1").scalar() == 1)
  }

  @Test func `an error carries everything that the server said`() throws {
    var db = try TestDatabase.current.connect()
    try db.executeScript(
      """
      CREATE SCHEMA shop;
      CREATE TABLE shop.item (id int CONSTRAINT item_key PRIMARY KEY, n int CHECK (n > 0));
      INSERT INTO shop.item VALUES (1, 1)
      """
    )
    let duplicate = #expect(throws: PostgresError.self) {
      try db.execute("INSERT INTO shop.item VALUES (\(1), 2)")
    }
    #expect(duplicate?.origin == .server)
    #expect(duplicate?.sqlState == .uniqueViolation)
    #expect(duplicate?.detail == "Key (id)=(1) already exists.")
    #expect(duplicate?.objects.schema == "shop")
    #expect(duplicate?.objects.table == "item")
    #expect(duplicate?.objects.constraint == "item_key")

    let unknown = #expect(throws: PostgresError.self) {
      try db.query("SELECT 'äöü', itm.id FROM shop.item")
    }
    #expect(unknown?.sqlState == .undefinedTable)
    #expect(unknown?.position == 15)
    #expect(unknown?.message == "missing FROM-clause entry for table \"itm\"")
    #expect(unknown?.description.hasPrefix(unknown?.message ?? "?") == true)

    let raised = #expect(throws: PostgresError.self) {
      try db.execute(
        """
        DO $$ BEGIN RAISE 'bad %', 7 USING HINT = 'do better', DETAIL = 'so', ERRCODE = 'DB001'; END $$
        """
      )
    }
    #expect(raised?.description == "bad 7 (SQLSTATE DB001)\nDETAIL: so\nHINT: do better")
    #expect(raised?.context?.contains("RAISE") == true)
  }

  @Test func `notices are collected in order until they are taken`() throws {
    var db = try TestDatabase.current.connect()
    try db.execute(
      "DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two' USING ERRCODE = '01004'; END $$"
    )
    let notices = db.takeNotices()
    #expect(notices.map(\.description) == ["NOTICE:  one", "WARNING:  two"])
    #expect(notices.last?.sqlState == SQLState(rawValue: "01004"))
    #expect(db.takeNotices().isEmpty)
  }

  @Test func `a COPY in the wrong place is an error and leaves the session usable`() throws {
    var db = try TestDatabase.current.connect()
    try db.executeScript("CREATE TABLE t (n int); INSERT INTO t VALUES (1)")
    #expect(throws: PostgresError.self) { try db.query("COPY t FROM STDIN") }
    #expect(throws: PostgresError.self) { try db.query("COPY t TO STDOUT") }
    #expect(throws: PostgresError.self) {
      try db.executeScript("COPY t TO STDOUT; COPY t FROM STDIN; SELECT 1")
    }
    #expect(throws: PostgresError.self) { try db.copyIn("COPY t TO STDOUT") { _ in } }
    #expect(throws: PostgresError.self) { try db.copyOut("COPY t FROM STDIN") { _ in } }
    #expect(throws: PostgresError.self) { try db.copyOut("SELECT 1") { _ in } }
    #expect(throws: PostgresError.self) {
      try db.copyIn("COPY t FROM STDIN; COPY t FROM STDIN") { try $0.write(Array("5\n".utf8)) }
    }
    #expect(db.transactionStatus == .idle)
    #expect(try db.query("SELECT count(*) FROM t").scalar() == 1)
  }

  @Test func `a session that the server ends says so`() throws {
    var db = try TestDatabase.current.connect()
    var other = try TestDatabase.current.connect()
    try other.execute("SELECT pg_terminate_backend(\(Int32(db.backendPID)), 5000)")
    let error = #expect(throws: PostgresError.self) { try db.query("SELECT 1") }
    #expect(error?.origin == .connection)
    #expect(error?.message == "terminating connection due to administrator command")
    #expect((db.isBroken) == true)
    #expect(throws: PostgresError.self) { try db.query("SELECT 1") }
    #expect(throws: PostgresError.self) { try db.transaction { _ in } }
  }
}
