import Testing
import VectorSQL

private enum Rating: String, SQLEnum {
  case general = "G"
  case parental = "PG-13"
  static let sqlType = SQLType(named: "mpaa_rating")
}

@Suite("Texts, bytes and lists")
struct TextCodecTests {
  @Test func `a text is its UTF-8`() throws {
    #expect(wire("ä€🎬") == "c3a4e282acf09f8eac")
    #expect(try roundTrip("ä€🎬\n\t'\"\\") == "ä€🎬\n\t'\"\\")
    #expect(try roundTrip("").isEmpty)
  }

  @Test func `a text with a NUL is refused wherever it stands`() {
    let refused = SQLValueError("a text with a NUL character cannot be stored in PostgreSQL")
    #expect(throws: refused) { try SQLBind("a\0").validate() }
    #expect(throws: refused) { try SQLBind(["a", "\0"]).validate() }
    #expect(throws: refused) { try SQLBind("\0" as String?).validate() }
    #expect(throws: refused) { try SQLBind(PGJSON("\0")).validate() }
    #expect(throws: Never.self) { try SQLBind(PGBytes([0])).validate() }
  }

  @Test func `bytes that are no text are not made into one`() {
    #expect(throws: SQLValueError.self) { try read([0xFF, 0xFE], .text, as: String.self) }
    #expect(throws: SQLValueError.self) { try read([0, 1, 0, 0], .vector, as: String.self) }
    for type in [SQLType.bigint, .boolean, .bytea, .date, .numeric, .uuid, .real, .text.array] {
      #expect(throws: SQLValueError.self) { try read([0x41], type, as: String.self) }
    }
  }

  @Test func `text is read from the types that travel as text`() throws {
    #expect(try read([0x47], SQLType(named: "mpaa_rating")) == "G")
    #expect(try read(Array("{}".utf8), .json) == "{}")
    #expect(try read([1] + Array("{}".utf8), .jsonb) == "{}")
  }

  @Test func `JSON travels with its version number`() throws {
    #expect(wire(PGJSON("[1]")) == "015b315d")
    #expect(SQLBind(PGJSON("[1]")).text == "[1]")
    #expect(try roundTrip(PGJSON("{\"a\": 1}")).text == "{\"a\": 1}")
  }

  @Test func `bytes have a hexadecimal text form`() throws {
    #expect(SQLBind(PGBytes([0, 1, 0xAB, 0xFF])).text == "\\x0001abff")
    #expect(try roundTrip(PGBytes([0, 255])).bytes == [0, 255])
    #expect(throws: SQLValueError.self) { try read([1], .text, as: PGBytes.self) }
  }

  @Test func `a UUID is read in its usual forms`() throws {
    let text = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
    let uuid = try #require(PGUUID(text))
    #expect(uuid.description == text)
    #expect(PGUUID("A0EEBC999C0B4EF8BB6D6BB9BD380A11") == uuid)
    #expect(try roundTrip(uuid) == uuid)
    for wrong in ["", text + "0", "g" + text.dropFirst(), "+" + text.dropFirst(), "ä" + text] {
      #expect(PGUUID(wrong) == nil)
    }
    #expect(throws: SQLValueError.self) { try read([1, 2], .uuid, as: PGUUID.self) }
  }

  @Test func `an enum is its label and refuses a label that it does not know`() throws {
    #expect(wire(Rating.parental) == "50472d3133")
    #expect(try roundTrip(Rating.general) == .general)
    #expect(throws: SQLValueError("Rating has no label \"X\"")) {
      try read([0x58], Rating.sqlType, as: Rating.self)
    }
  }

  @Test func `a list travels with its element type and marks its NULLs`() throws {
    #expect(
      wire([Int32(1), nil], groups: [4, 4, 4, 4, 4, 4, 4, 4])
        == "00000001 00000001 00000017 00000002 00000001 00000004 00000001 ffffffff"
    )
    #expect(wire([Int](), groups: [4, 4, 4]) == "00000000 00000000 00000014")
    #expect(try roundTrip(["a", nil, "", "NULL"]) == ["a", nil, "", "NULL"])
    #expect(try roundTrip([Bool]()) == [])
    #expect(throws: SQLValueError.self) {
      try read(SQLBind([1, nil]).binary ?? [], .bigint.array, as: [Int].self)
    }
  }

  @Test func `a list's text form quotes every element`() {
    #expect(
      SQLBind(["a", nil, "", "say \"hi\"", "\\", "{,}"]).text
        == #"{"a",NULL,"","say \"hi\"","\\","{,}"}"#
    )
    #expect(SQLBind([Int]()).text == "{}")
    #expect(SQLBind([Rating.general]).type.name == "mpaa_rating[]")
    #expect(!SQLBind([Rating.general]).type.travelsInBinary)
    #expect(SQLBind(["a"]).type.travelsInBinary)
    #expect(!SQLType.unspecified.travelsInBinary)
  }

  @Test func `a list of lists is refused both ways`() {
    #expect(throws: SQLValueError("an array of arrays cannot be bound")) {
      try SQLBind([[1], [2]] as [[Int]]).validate()
    }
    let header: [UInt8] = [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 20]
    let twoDimensions = header + [UInt8](repeating: 0, count: 16)
    #expect(throws: SQLValueError("an array of 2 dimensions read as a list")) {
      try read(twoDimensions, .bigint.array, as: [Int].self)
    }
  }

  @Test func `a list cut short is refused at every byte`() throws {
    let whole = try #require(SQLBind([Int32(1), nil, 3]).binary)
    for length in 0..<whole.count {
      #expect(throws: SQLValueError.self) {
        try read(Array(whole.prefix(length)), .integer.array, as: [Int32?].self)
      }
    }
  }
}
