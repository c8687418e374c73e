import PQClient
import TestSupport
import Testing
import VectorSQL

private struct Stop: Error {}

@Suite("COPY", .temporaryVectorDatabase)
struct PQClientCopyTests {
  private func table() throws -> PQConnection {
    var db = try TestDatabase.current.connect()
    try db.execute("CREATE TABLE t (id bigint PRIMARY KEY, name text, embedding vector(3))")
    return db
  }

  private func count(_ db: inout PQConnection) throws -> Int {
    try db.query("SELECT count(*) FROM t").scalar()
  }

  @Test func `text is loaded in pieces of any size`() throws {
    var db = try table()
    let line = Array("1\tä it's\t[1,2,3]\n2\t\\N\t\\N\n".utf8)
    let written = try db.copyIn("COPY t FROM STDIN") { writer in
      for byte in line { try writer.write([byte]) }
      #expect(writer.byteCount <= line.count)
    }
    #expect(written == 2)
    let names = try db.query("SELECT name FROM t ORDER BY id").map {
      try $0.decode("name", as: String?.self)
    }
    #expect(names == ["ä it's", nil])
  }

  @Test func `pieces of a million bytes and more arrive whole`() throws {
    var db = try table()
    let text = String(repeating: "0123456789", count: 100_000)
    let large = Array("1\t\(text)\t\\N\n2\t\(text)\(text)\(text)\t\\N\n".utf8)
    #expect(try db.copyIn("COPY t FROM STDIN") { try $0.write(large) } == 2)
    try db.execute("UPDATE t SET id = id + 2")
    let rows = try large.withUnsafeBytes { bytes in
      try db.copyIn("COPY t FROM STDIN") { try $0.write(bytes) }
    }
    #expect(rows == 2)
    let lengths = try db.query("SELECT length(name) AS n FROM t ORDER BY id")
      .map { try $0.decode("n", as: Int.self) }
    #expect(lengths == [1_000_000, 3_000_000, 1_000_000, 3_000_000])
  }

  @Test func `binary rows arrive as they were`() throws {
    var db = try table()
    var generator = SeededGenerator(seed: 3)
    let vectors = try (0..<5000).map { _ in try PGVector(generator.unitVector(dimension: 3)) }
    let written = try db.copyIn("COPY t FROM STDIN (FORMAT binary)") { writer in
      writer.writeBinaryHeader()
      for (id, vector) in vectors.enumerated() {
        try writer.beginRow(columns: 3)
        try writer.append(id)
        try writer.append(id.isMultiple(of: 2) ? "name \(id)" : nil as String?)
        try writer.append(vector)
      }
      writer.writeBinaryTrailer()
    }
    #expect(written == 5000)
    for row in try db.query("SELECT * FROM t WHERE id % 997 = 0 ORDER BY id") {
      let id: Int = try row["id"]
      #expect(try row["name"] == (id.isMultiple(of: 2) ? "name \(id)" : nil))
      #expect(try row["embedding"] == vectors[id])
    }
  }

  @Test func `an error in the closure loads nothing`() throws {
    var db = try table()
    #expect(throws: Stop.self) {
      try db.copyIn("COPY t FROM STDIN") { writer in
        for id in 0..<20_000 { try writer.write(Array("\(id)\tname\t\\N\n".utf8)) }
        throw Stop()
      }
    }
    #expect(try count(&db) == 0)
    let refused = #expect(throws: PostgresError.self) {
      try db.copyIn("COPY t FROM STDIN (FORMAT binary)") { writer in
        writer.writeBinaryHeader()
        try writer.beginRow(columns: 3)
        try writer.append("a\0b")
      }
    }
    #expect(refused?.origin == .client)
    #expect(db.transactionStatus == .idle)
    #expect(try count(&db) == 0)
  }

  @Test func `the server's error names the line and loads nothing`() throws {
    var db = try table()
    let error = #expect(throws: PostgresError.self) {
      try db.copyIn("COPY t FROM STDIN") { writer in
        try writer.write(Array("1\ta\t\\N\nx\tb\t\\N\n".utf8))
        for id in 2..<50_000 { try writer.write(Array("\(id)\tname\t\\N\n".utf8)) }
      }
    }
    #expect(error?.sqlState == SQLState(rawValue: "22P02"))
    #expect(error?.context == "COPY t, line 2, column id: \"x\"")
    #expect(try count(&db) == 0)
    #expect(throws: PostgresError.self) { try db.copyIn("COPY missing FROM STDIN") { _ in } }
    #expect(try db.copyIn("COPY t FROM STDIN") { _ in } == 0)
  }

  @Test func `an error inside a transaction leaves it failed`() throws {
    var db = try table()
    #expect(throws: Stop.self) {
      try db.transaction { db in
        try db.copyIn("COPY t FROM STDIN") { try $0.write(Array("1\ta\t\\N\n".utf8)) }
        try db.copyIn("COPY t FROM STDIN") { _ in throw Stop() }
      }
    }
    #expect(try count(&db) == 0)
  }

  @Test func `a connection that breaks meanwhile is an error`() throws {
    var db = try table()
    var other = try TestDatabase.current.connect()
    let pid = Int32(db.backendPID)
    let error = #expect(throws: PostgresError.self) {
      try db.copyIn("COPY t FROM STDIN") { writer in
        try other.execute("SELECT pg_terminate_backend(\(pid), 5000)")
        for id in 0..<100_000 { try writer.write(Array("\(id)\tname\t\\N\n".utf8)) }
      }
    }
    #expect(error?.origin == .connection)
    #expect((db.isBroken) == true)
    #expect(try count(&other) == 0)
  }

  @Test func `rows are handed out one by one`() throws {
    var db = try table()
    try db.execute("INSERT INTO t SELECT n, 'name ' || n FROM generate_series(1, 1000) AS n")
    var lines: [String] = []
    let rows = try db.copyOut("COPY (SELECT id, name FROM t ORDER BY id) TO STDOUT") { bytes in
      lines.append(String(decoding: bytes, as: UTF8.self))
    }
    #expect(rows == 1000)
    #expect(lines.count == 1000)
    #expect(lines.first == "1\tname 1\n")
    #expect(lines.last == "1000\tname 1000\n")
  }

  @Test func `who has enough may stop early`() throws {
    var db = try TestDatabase.current.connect()
    var seen = 0
    #expect(throws: Stop.self) {
      try db.copyOut("COPY (SELECT generate_series(1, 1000000000)) TO STDOUT") { _ in
        seen += 1
        if seen == 10 { throw Stop() }
      }
    }
    #expect(seen == 10)
    #expect(try db.query("SELECT 1").scalar() == 1)
  }

  @Test func `an error on the way out is the server's`() throws {
    var db = try TestDatabase.current.connect()
    let error = #expect(throws: PostgresError.self) {
      try db.copyOut("COPY (SELECT 1 / (5 - n) FROM generate_series(1, 9) AS n) TO STDOUT") { _ in }
    }
    #expect(error?.sqlState == SQLState(rawValue: "22012"))
    #expect(try db.query("SELECT 1").scalar() == 1)
  }
}
