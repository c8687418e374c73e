import Movies
import TestSupport
import Testing

@Suite struct ImportCSVTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func records(_ text: String) throws -> [[String]] {
    try records(bytes: Array(text.utf8))
  }

  private func records(bytes: [UInt8]) throws -> [[String]] {
    let reader = try CSVReader(path: folder.write("file.csv", bytes))
    var records: [[String]] = []
    while try reader.next() { records.append(reader.fields.map { reader.text(of: $0) }) }
    return records
  }

  private func error(_ bytes: [UInt8]) throws -> ImportError {
    try #require(throws: ImportError.self) { try records(bytes: bytes) }
  }

  // MARK: What is read

  @Test(arguments: [
    "a,b\n1,2\n", "a,b\n1,2", "a,b\r\n1,2\r\n", "\u{FEFF}a,b\n\n1,2\n\r\n", "a;b\n1;2\n",
    "a\tb\n1\t2\n",
  ])
  func `line ends, byte-order mark, empty lines and delimiters make no difference`(
    text: String
  ) throws {
    #expect(try records(text) == [["a", "b"], ["1", "2"]])
  }

  @Test func `quotes hold delimiters, line ends and doubled quotes`() throws {
    let text = "a,b\n\"x, y\",\"one\r\ntwo \"\"three\"\"\"\n\"\",\"\"\"\"\n"
    #expect(
      try records(text) == [["a", "b"], ["x, y", "one\r\ntwo \"three\""], ["", "\""]]
    )
  }

  @Test func `a delimiter inside the quotes of the first line does not count`() throws {
    #expect(try records("\"a,b,c\";d\n1;2\n") == [["a,b,c", "d"], ["1", "2"]])
  }

  @Test func `fields may be empty at the end of a line and of the file`() throws {
    #expect(try records("a,b,\n,,") == [["a", "b", ""], ["", "", ""]])
  }

  @Test(arguments: [1, 2, 3])
  func `a record is whole wherever the buffer ends`(shift: Int) throws {
    let long = String(repeating: "\"é\"\"\r\n", count: 1).dropFirst() + ""
    let row = "\"" + long.replacing("\"", with: "\"\"") + "\",ü\r\n"
    let text =
      String(repeating: "x", count: shift) + ",b\r\n" + String(repeating: row, count: 60_000)
    let found = try records(text)
    #expect(found.count == 60_001)
    #expect(Set(found.dropFirst()) == [[String(long), "ü"]])
  }

  // MARK: What is refused

  @Test func `an unclosed quote is named where it opens`() throws {
    let error = try error(Array("a,b\n1,\"two\nthree".utf8))
    #expect((error.category, error.line, error.column) == (.badData, 2, 3))
    #expect(error.sentence == "the file ends before this quote is closed")
  }

  @Test func `a quote that swallows the rest of a large file is found early`() throws {
    let text = "a,b\n1,\"two\n" + String(repeating: "1,2\n", count: 1_000_000)
    let error = try error(Array(text.utf8))
    #expect((error.line, error.column) == (2, 3))
    #expect(error.sentence == "this quote is not closed within 1 MB")
  }

  @Test func `text after a closing quote is refused by line and column`() throws {
    let error = try error(Array("a,b\nä,\"x\" y\n".utf8))
    #expect((error.line, error.column) == (2, 6))
    #expect(error.sentence == "text after a closing quote")
  }

  @Test func `a quote in the middle of a field is refused`() throws {
    let error = try error(Array("a,b\n1,5\" disk\n".utf8))
    #expect((error.line, error.column) == (2, 4))
  }

  @Test func `Latin-1 is refused where the first such byte stands`() throws {
    let error = try error(Array("title\nü,\nAm".utf8) + [0xE9] + Array("lie\n".utf8))
    #expect((error.line, error.column) == (3, 3))
    #expect(error.sentence == "the byte 0xE9 is not UTF-8")
    #expect(error.advice?.contains("iconv") == true)
  }

  @Test func `NUL, UTF-16 and an empty file are refused`() throws {
    #expect(try error(Array("a,b\n1,\0\n".utf8)).sentence.hasPrefix("a NUL byte"))
    #expect(try error([0xFF, 0xFE, 0x61, 0x00]).sentence.contains("UTF-16"))
    #expect(try error([]).sentence == "the file is empty")
    #expect(try error([0xEF, 0xBB, 0xBF]).sentence == "the file is empty")
  }

  @Test func `a folder, an absent file`() throws {
    let folderError = try #require(throws: ImportError.self) { try CSVReader(path: folder.path) }
    #expect(folderError.category == .usage)
    let absent = try #require(throws: ImportError.self) { try CSVReader(path: "/nowhere/x.csv") }
    #expect(absent.category == .absent)
  }

  @Test(
    arguments: [
      [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],
      [0xE2, 0x82], [0x80],
    ] as [[UInt8]]
  )
  func `sequences that only look like UTF-8 are refused`(sequence: [UInt8]) throws {
    let error = try error(Array("a\n12345678".utf8) + sequence + Array("\n".utf8))
    #expect((error.line, error.column) == (2, 9))
  }
}
