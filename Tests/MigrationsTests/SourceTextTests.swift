import SQLMigrations
import Testing

@Suite struct SourceTextTests {
  private func source(_ text: String) -> SourceText {
    SourceText(name: "x.sql", bytes: Array(text.utf8))
  }

  @Test func `counts lines and characters from 1`() {
    let text = source("ab\né$ö\n\nx")
    #expect(text.location(of: 0) == SourceLocation(line: 1, column: 1))
    #expect(text.location(of: 1) == SourceLocation(line: 1, column: 2))
    #expect(text.location(of: 5) == SourceLocation(line: 2, column: 2))
    #expect(text.location(of: 6) == SourceLocation(line: 2, column: 3))
    #expect(text.location(of: 10) == SourceLocation(line: 4, column: 1))
    #expect(text.location(of: 11) == SourceLocation(line: 4, column: 2))
  }

  @Test func `a byte order mark takes no column`() {
    let text = source("\u{FEFF}SELECT")
    #expect(text.location(of: 3) == SourceLocation(line: 1, column: 1))
    #expect(text.excerpt(at: 3) == "SELECT\n^")
  }

  @Test func `finds the byte of the server's character`() {
    let text = source("xx 'é€😀' y")
    let range = 3..<text.bytes.count
    #expect(text.offset(ofCharacter: 1, in: range) == 3)
    #expect(text.offset(ofCharacter: 3, in: range) == 6)
    #expect(text.offset(ofCharacter: 5, in: range) == 13)
    #expect(text.offset(ofCharacter: 99, in: range) == text.bytes.count)
  }

  @Test func `puts the caret under the character`() {
    #expect(source("a\nSELECT nonsense;\r\nb").excerpt(at: 9) == "SELECT nonsense;\n       ^")
    #expect(source("\tSELECT 'é', x").excerpt(at: 14) == "\tSELECT 'é', x\n\t            ^")
    #expect(source("名前 x").excerpt(at: 7) == "名前 x\n     ^")
    #expect(source("SELECT").excerpt(at: 6) == "SELECT\n      ^")
    #expect(source("").excerpt(at: 0) == "\n^")
  }

  @Test func `cuts a long line around the caret`() {
    let long = source(String(repeating: "a", count: 200) + "X" + String(repeating: "b", count: 200))
    let lines = long.excerpt(at: 200, width: 20).split(separator: "\n")
    #expect(lines[0] == "…aaaaaaaaaaXbbbbbbbbb…")
    #expect(lines[1] == "           ^")
    #expect(long.excerpt(at: 0, width: 5) == "aaaaa…\n^")
    #expect(long.excerpt(at: 401, width: 5) == "…bbbbb\n      ^")
  }

  @Test func `finds what is no text`() {
    #expect(source("é€😀").firstInvalidByte == nil)
    #expect(SourceText(name: "", bytes: [0x61, 0xE9, 0x61, 0]).firstInvalidByte == 1)
    #expect(SourceText(name: "", bytes: [0x61, 0, 0xE9]).firstInvalidByte == 1)
    #expect(SourceText(name: "", bytes: [0x61, 0]).firstInvalidByte == 1)
    #expect(SourceText(name: "", bytes: [0x61, 0xE2, 0x82]).firstInvalidByte == 1)
  }

  @Test func `splits a megabyte of small statements in linear time`() throws {
    let unit = "INSERT INTO t VALUES (1, 'a''b', $$x$$); -- comment\n"
    func seconds(_ count: Int) throws -> Double {
      let text = source(String(repeating: unit, count: count))
      let start = ContinuousClock.now
      let pieces = try SQLSplitter.split(text)
      #expect(pieces.count == count * 2)
      return start.duration(to: .now) / .seconds(1)
    }
    _ = try seconds(100)
    let short = try seconds(2000)
    let long = try seconds(20000)
    #expect(long < short * 40 + 0.5)
  }
}
