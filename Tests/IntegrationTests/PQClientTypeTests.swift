import PQClient
import TestSupport
import Testing
import VectorSQL

/// Sends a value in binary and as text, and expects both to be the same value to the server and back.
private func expectRoundTrip<Value: SQLEncodable & SQLDecodable & Equatable>(
  _ values: [Value],
  as type: String? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  var db = try TestDatabase.current.connect()
  let type = SQLFragment(unsafeRaw: type ?? Value.sqlType.name)
  for value in values {
    let text = SQLBind(value).text
    let row = try #require(
      try db.query(
        """
        SELECT \(value)::\(type) AS sent_in_binary, \(text)::text::\(type) AS sent_as_text,
               \(value)::\(type) IS NOT DISTINCT FROM \(text)::text::\(type) AS same
        """
      ).first
    )
    #expect(try row["sent_in_binary"] == value, sourceLocation: sourceLocation)
    #expect(try row["sent_as_text"] == value, sourceLocation: sourceLocation)
    #expect(try row["same"] == true, "\(value)", sourceLocation: sourceLocation)
  }
}

@Suite("Values between Swift and the server", .temporaryVectorDatabase)
struct PQClientTypeTests {
  @Test func `whole numbers and truth values`() throws {
    try expectRoundTrip([0, 1, -1, Int.max, .min])
    try expectRoundTrip([Int32.max, .min, 0])
    try expectRoundTrip([Int16.max, .min, 0])
    try expectRoundTrip([UInt32.max, 0])
    try expectRoundTrip([true, false])
  }

  @Test func `floats`() throws {
    try expectRoundTrip([
      0, -0.0, 0.1, -1e300, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity, -.infinity,
    ])
    try expectRoundTrip([Float(0.1), -3.4e38, .infinity, .leastNormalMagnitude])
    var db = try TestDatabase.current.connect()
    let nan: Double = try db.query("SELECT \(Double.nan)").scalar()
    #expect(nan.isNaN)
  }

  @Test func `texts, bytes, UUIDs and JSON`() throws {
    try expectRoundTrip(["", "it's", "a\\b\n\t\"", "ä€🎬", String(repeating: "x", count: 1 << 20)])
    try expectRoundTrip([PGBytes([]), PGBytes(Array(0...255))])
    try expectRoundTrip([try #require(PGUUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"))])
    try expectRoundTrip([PGJSON("{\"a\": [1, null, \"ä\"]}"), PGJSON("null")])
    var db = try TestDatabase.current.connect()
    let json: String = try db.query("SELECT '[1,  2]'::json").scalar()
    #expect(json == "[1,  2]")
  }

  @Test func `exact decimals`() throws {
    try expectRoundTrip(
      [
        "0", "0.00", "-12.50", "10000", "0.0001", "12345678901234567890.12345",
        "100000000.00000001", "NaN", "Infinity", "-Infinity",
      ].compactMap(PGNumeric.init)
    )
  }

  @Test func `dates and moments`() throws {
    try expectRoundTrip(
      [
        PGDate(year: 2000, month: 1, day: 1), PGDate(year: 1, month: 1, day: 1),
        PGDate(year: 0, month: 12, day: 31), PGDate(year: -43, month: 3, day: 15),
        PGDate(year: 2024, month: 2, day: 29), PGDate(year: 1900, month: 3, day: 1),
        PGDate(year: -4713, month: 11, day: 24), PGDate(year: 5_874_897, month: 12, day: 31),
        PGDate(days: .max), PGDate(days: .min),
      ].compactMap(\.self)
    )
    try expectRoundTrip(
      [0, 1, -1, 86_399_500_000, -63_082_281_600_000_001, -211_813_488_000_000_000, .max, .min]
        .map { PGTimestamp(microseconds: $0) }
    )
    var db = try TestDatabase.current.connect(["options": "-c TimeZone=Asia/Tokyo"])
    let row = try #require(
      try db.query(
        "SELECT '2024-02-29 12:00'::timestamp AS plain, '2024-02-29 12:00Z'::timestamptz AS utc"
      )
      .first
    )
    #expect(try row.decode("plain", as: PGTimestamp.self).description == "2024-02-29T12:00:00Z")
    #expect(try row.decode("utc", as: PGTimestamp.self).description == "2024-02-29T12:00:00Z")
  }

  @Test func `lists with NULLs and without elements`() throws {
    try expectRoundTrip([[1, 2, 3], [], [Int.min]])
    try expectRoundTrip([[1, nil], [nil], []] as [[Int32?]])
    try expectRoundTrip([["a", "", "NULL", "{,}", "\"\\", "ä"], []])
    try expectRoundTrip([["a", nil]] as [[String?]])
    try expectRoundTrip([[true, false]])
    try expectRoundTrip([[0.5, -.infinity]])
    try expectRoundTrip([[Float(0.25)], []])
    try expectRoundTrip([[PGBytes([0, 92, 34])]])
    try expectRoundTrip([[PGDate(days: 1), PGDate(days: .min)]])
    try expectRoundTrip([[PGNumeric("1.50")].compactMap(\.self)])
    try expectRoundTrip([nil, 5] as [Int?])
  }

  @Test func `vectors and lists of them`() throws {
    var generator = SeededGenerator(seed: 7)
    try expectRoundTrip([
      try PGVector([1, -0.5, 0]), try PGVector(generator.unitVector(dimension: 384)),
      try PGVector(generator.unitVector(dimension: 16_000)),
      try PGVector([.greatestFiniteMagnitude]),
    ])
    try expectRoundTrip([
      try PGHalfVector([1, -65_504, 0x1p-24]),
      try PGHalfVector(generator.unitVector(dimension: 512)),
    ])
    try expectRoundTrip([[try PGVector([1, 2]), try PGVector([3])]])
    try expectRoundTrip([[try PGHalfVector([1, 2]), nil]] as [[PGHalfVector?]])
  }

  @Test func `a half vector is rounded as pgvector rounds it`() throws {
    var db = try TestDatabase.current.connect()
    var generator = SeededGenerator(seed: 8)
    let elements = generator.unitVector(dimension: 4000).map { $0 * 1000 }
    let ours = try PGHalfVector(elements)
    let theirs: PGHalfVector = try db.query("SELECT \(try PGVector(elements))::halfvec").scalar()
    #expect(ours == theirs)
  }
}

private enum Mood: String, SQLEnum {
  case happy, sad = "so 'sad'"
  static let sqlType = SQLType(named: "mood")
}

@Suite("Types that a database defines", .temporaryDatabase)
struct PQClientOwnTypeTests {
  @Test func `enums travel by their labels, alone and in lists`() throws {
    var db = try TestDatabase.current.connect()
    try db.execute("CREATE TYPE mood AS ENUM ('happy', 'so ''sad''', 'new')")
    try expectRoundTrip([Mood.happy, .sad])
    try expectRoundTrip([[Mood.sad, .happy], []])
    let label: String = try db.query("SELECT 'new'::mood").scalar()
    #expect(label == "new")
    #expect(throws: PostgresError.self) {
      let _: Mood = try db.query("SELECT 'new'::mood AS m").scalar()
    }
  }

  @Test func `domains read as the type below them`() throws {
    var db = try TestDatabase.current.connect()
    try db.execute("CREATE DOMAIN year AS integer CHECK (VALUE > 1900)")
    let value: Int = try db.query("SELECT \(2006)::year").scalar()
    #expect(value == 2006)
    let error = #expect(throws: PostgresError.self) { try db.query("SELECT \(6)::year") }
    #expect(error?.sqlState == SQLState(rawValue: "23514"))
  }

  @Test func `pgvector is found in whatever schema it was created`() throws {
    var db = try TestDatabase.current.connect()
    try db.executeScript("CREATE SCHEMA \"My Ext\"; CREATE EXTENSION vector SCHEMA \"My Ext\"")
    let vector = try PGVector([1, 2])
    let back: PGVector = try db.query("SELECT \(vector)").scalar()
    #expect(back == vector)
    let list: [PGVector] = try db.query("SELECT \([vector, vector])").scalar()
    #expect(list == [vector, vector])
  }

  @Test func `a type that does not exist is named, and found once it does`() throws {
    var db = try TestDatabase.current.connect()
    let vector = try PGVector([1, 2])
    let error = #expect(throws: PostgresError.self) { try db.query("SELECT \(vector)") }
    #expect(error?.message == "type \"vector\" does not exist in database \"\(db.database)\"")
    #expect(error?.sqlState == .undefinedObject)
    try db.execute("CREATE EXTENSION vector")
    #expect(try db.query("SELECT \(vector)").scalar() == vector)
  }

  @Test func `a type made anew is found after the first error`() throws {
    var db = try TestDatabase.current.connect()
    try db.execute("CREATE EXTENSION vector")
    let vector = try PGVector([1, 2])
    #expect(try db.query("SELECT \(vector)").scalar() == vector)
    try db.executeScript("DROP EXTENSION vector; CREATE EXTENSION vector")
    #expect(throws: PostgresError.self) { try db.query("SELECT \(vector)") }
    #expect(try db.query("SELECT \(vector)").scalar() == vector)
  }

  @Test func `each connection looks up its own database's types`() async throws {
    var first = try TestDatabase.current.connect()
    try first.execute("CREATE EXTENSION vector")
    let vector = try PGVector([1, 2])
    let firstOID = try first.query("SELECT \(vector)").typeOID(ofColumn: 0)
    try await TestDatabase.with(vector: true) {
      var second = try TestDatabase.current.connect()
      let result = try second.query("SELECT \(vector)")
      #expect(try result.scalar() == vector)
      #expect(result.typeOID(ofColumn: 0) != firstOID)
    }
  }
}
