import Testing
import VectorSQL

@Suite("Numbers")
struct NumberCodecTests {
  @Test func `whole numbers travel in network byte order`() {
    #expect(wire(Int16(-2)) == "fffe")
    #expect(wire(Int32(1_000_000)) == "000f4240")
    #expect(wire(Int64.min) == "8000000000000000")
    #expect(wire(5) == "0000000000000005")
    #expect(wire(UInt32.max) == "ffffffff")
    #expect(wire(true) + wire(false) == "0100")
  }

  @Test func `floats travel as IEEE 754`() {
    #expect(wire(Float(1.5)) == "3fc00000")
    #expect(wire(-0.1) == "bfb999999999999a")
    #expect(wire(Double.infinity) == "7ff0000000000000")
  }

  @Test(arguments: [
    (Double.nan, "NaN"), (.infinity, "Infinity"), (-.infinity, "-Infinity"), (0.1, "0.1"),
    (1e22, "1e+22"), (-0.0, "-0.0"), (.leastNonzeroMagnitude, "5e-324"),
  ])
  func `a double's text reads back as the same number`(value: Double, text: String) {
    #expect(SQLBind(value).text == text)
    #expect(Double(text)?.bitPattern == value.bitPattern || value.isNaN)
  }

  @Test func `a float's text is as short as a float allows`() {
    #expect(SQLBind(Float(0.1)).text == "0.1")
    #expect(SQLBind(Float.nan).text == "NaN")
    #expect(SQLBind(-Float.infinity).text == "-Infinity")
  }

  @Test func `a whole number is read from any whole-number type that it fits`() throws {
    #expect(try read([0xFF, 0xFE], .smallint) == -2)
    #expect(try read([0, 0, 1, 0], .integer) == Int16(256))
    #expect(try read([0xFF, 0xFF, 0xFF, 0xFF], .oid) == 4_294_967_295)
    #expect(throws: SQLValueError("4294967295 does not fit into Int32")) {
      try read([0xFF, 0xFF, 0xFF, 0xFF], .oid, as: Int32.self)
    }
    #expect(throws: SQLValueError("70000 does not fit into Int16")) {
      try read([0, 1, 0x11, 0x70], .integer, as: Int16.self)
    }
    #expect(throws: SQLValueError.self) { try read([0xFF, 0xFF], .smallint, as: UInt32.self) }
  }

  @Test func `another type or a value cut short is refused`() {
    #expect(throws: SQLValueError.self) { try read([0x31], .text, as: Int.self) }
    #expect(throws: SQLValueError.self) { try read([0, 0, 1], .integer, as: Int.self) }
    #expect(throws: SQLValueError.self) { try read([], .boolean, as: Bool.self) }
    #expect(throws: SQLValueError.self) { try read([1], .bytea, as: Bool.self) }
    #expect(throws: SQLValueError.self) { try read([0, 0, 0, 1], .integer, as: Float.self) }
    #expect(throws: SQLValueError.self) { try read([0, 0, 0, 1], .integer, as: Double.self) }
    #expect(throws: SQLValueError.self) { try read([0, 0], .doublePrecision, as: Double.self) }
  }

  @Test func `a double is read from real too, a float only from real`() throws {
    #expect(try read([0x3F, 0xC0, 0, 0], .real) == 1.5)
    #expect(throws: SQLValueError.self) {
      try read([0x3F, 0xF8, 0, 0, 0, 0, 0, 0], .doublePrecision, as: Float.self)
    }
  }

  @Test func `NULL is read as nil and refused elsewhere`() throws {
    #expect(try Int?.decodeNull() == nil)
    #expect(throws: SQLValueError("NULL where Int was expected")) { try Int.decodeNull() }
    #expect(SQLBind(nil as Int?).isNull)
    #expect(SQLBind(nil as Int?).text == nil)
    #expect(SQLBind(nil as Int?).binary == nil)
    #expect(SQLBind(nil as Int?).type == .bigint)
    let nested: Int?? = .some(nil)
    #expect(SQLBind(nested).isNull)
    #expect(SQLBind(5 as Int?) == SQLBind(5))
  }
}

@Suite("Numeric")
struct PGNumericTests {
  @Test(arguments: [
    ("0", "0000 0000 0000 0000"),
    ("1", "0001 0000 0000 0000 0001"),
    ("-12.50", "0002 0000 4000 0002 000c 1388"),
    ("10000", "0001 0001 0000 0000 0001"),
    ("12345678.9", "0003 0001 0000 0001 04d2 162e 2328"),
    ("0.0001", "0001 ffff 0000 0004 0001"),
    ("0.00001234", "0001 fffe 0000 0008 04d2"),
    ("0.00", "0000 0000 0000 0002"),
    ("-0.00", "0000 0000 0000 0002"),
    ("007", "0001 0000 0000 0000 0007"),
    ("NaN", "0000 0000 c000 0000"),
    ("Infinity", "0000 0000 d000 0020"),
    ("-Infinity", "0000 0000 f000 0020"),
  ])
  func `travels as groups of four digits`(text: String, bytes: String) throws {
    let number = try #require(PGNumeric(text))
    #expect(wire(number, groups: [2, 2, 2, 2, 2, 2, 2]) == bytes)
  }

  @Test(arguments: [
    "0", "1", "-1", "9999", "10000", "100000000", "0.1", "-0.0001",
    "12345678901234567890.123456789", "0.00000000000000000001", "1.10", "100.000", "NaN",
    "Infinity", "-Infinity",
  ])
  func `reads back with the same digits`(text: String) throws {
    #expect(try roundTrip(try #require(PGNumeric(text))).description == text)
  }

  @Test(arguments: ["", "-", "+1", "1e5", ".5", "1.", "1.2.3", " 1", "1 ", "nan", "0x10", "١"])
  func `takes nothing but digits`(text: String) { #expect(PGNumeric(text) == nil) }

  @Test func `takes as many digits as PostgreSQL, and not one more`() throws {
    let digits = String(repeating: "9", count: 131_072)
    let longest = digits + "." + digits.prefix(16_383)
    #expect(try roundTrip(try #require(PGNumeric(longest))).description == longest)
    #expect(PGNumeric("1" + String(repeating: "0", count: 131_072)) == nil)
    #expect(PGNumeric("0." + String(repeating: "1", count: 16_384)) == nil)
  }

  @Test func `gives the nearest double`() {
    #expect(PGNumeric("12.5")?.doubleValue == 12.5)
    #expect(PGNumeric("-Infinity")?.doubleValue == -.infinity)
    #expect(PGNumeric("NaN")?.doubleValue.isNaN == true)
  }

  @Test func `refuses bytes that are none`() {
    #expect(throws: SQLValueError.self) { try read([0, 1, 0, 0], .numeric, as: PGNumeric.self) }
    #expect(throws: SQLValueError.self) {
      try read([0, 9, 0, 0, 0, 0, 0, 0, 0, 1], .numeric, as: PGNumeric.self)
    }
    #expect(throws: SQLValueError.self) {
      try read([0, 0, 0, 0, 0, 0, 0, 0], .bigint, as: PGNumeric.self)
    }
  }
}
