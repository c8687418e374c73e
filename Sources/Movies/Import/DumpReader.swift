/// Splits an SQL dump into statements and the data of `COPY … FROM stdin`, in one pass and bounded memory.
///
/// It follows psql's lexical rules (psql's `psqlscan.l`): nested comments, `E''` strings, dollar quotes,
/// parentheses, `BEGIN ATOMIC` bodies. So what looks like a COPY inside a function's body is not one.
package final class DumpReader {
  /// A statement without its comments; very long ones are cut, since nothing long is ever of use here.
  package struct Statement {
    package fileprivate(set) var text: [UInt8] = []
    package fileprivate(set) var line = 0
  }

  private static let longestText = 64 * 1024

  private let input: ByteReader
  /// The line of the next byte, from 1.
  private(set) var line = 1
  /// Whether a backslash escapes in ordinary strings, as `standard_conforming_strings = off` says.
  package var backslashEscapes = false
  /// How many `-- PostgreSQL database dump` comments have no `… dump complete` yet.
  package private(set) var openDumps = 0
  private var statement = Statement()
  private var parentheses = 0
  private var blocks = 0
  private var words: [[UInt8]] = []

  init(_ input: ByteReader) { self.input = input }

  /// Opens an SQL file.
  ///
  /// - Throws: `ImportError` if it cannot be read.
  package convenience init(path: String) throws {
    try self.init(ByteReader(path: path, what: "a dump"))
  }

  /// The file as the caller named it.
  var path: String { input.path }

  /// How far the file is read.
  func progress(_ table: String) -> ImportProgress { input.progress(table) }

  // MARK: Statements

  /// The next statement, without its semicolon; nil at the end.
  ///
  /// - Throws: `ImportError` if the file ends within one.
  package func next() throws -> Statement? {
    statement = Statement()
    (parentheses, blocks, words) = (0, 0, [])
    while let byte = try peek() {
      if byte == UInt8(ascii: ";"), parentheses == 0, blocks == 0 {
        advance()
        if statement.text.isEmpty { continue }
        return statement
      }
      try lex(byte)
    }
    guard statement.text.isEmpty else {
      throw cutShort("inside the statement that begins on line \(statement.line)")
    }
    return nil
  }

  private func lex(_ byte: UInt8) throws {
    switch byte {
    case UInt8(ascii: "-") where try peek(1) == byte:
      try lineComment()
    case UInt8(ascii: "/") where try peek(1) == UInt8(ascii: "*"):
      try blockComment()
    case UInt8(ascii: "\\") where statement.text.isEmpty:
      // A command of psql, such as \restrict or \connect; none of them is data.
      while let next = try peek(), next != CopyText.newline { advance() }
    case UInt8(ascii: "'"):
      try quoted(byte, escapes: backslashEscapes)
    case UInt8(ascii: "\""):
      try quoted(byte, escapes: false)
    case UInt8(ascii: "$"):
      try dollar()
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"):
      if !statement.text.isEmpty { keep(UInt8(ascii: " ")) }
      advance()
    case UInt8(ascii: "("), UInt8(ascii: ")"):
      parentheses = max(0, parentheses + (byte == UInt8(ascii: "(") ? 1 : -1))
      keep(byte)
      advance()
    case _ where Self.isWord(byte):
      try word()
    default:
      keep(byte)
      advance()
    }
  }

  /// A keyword, name or number.
  private func word() throws {
    var word: [UInt8] = []
    while let byte = try peek(), Self.isWord(byte) || byte == UInt8(ascii: "$") {
      if word.count < 128 { word.append(byte | (byte >= 0x41 && byte <= 0x5A ? 0x20 : 0)) }
      keep(byte)
      advance()
    }
    if word == Array("e".utf8), try peek() == UInt8(ascii: "'") {
      try quoted(UInt8(ascii: "'"), escapes: true)
    }
    if words.count < 4 { words.append(word) }
    trackBlocks(word)
  }

  /// A semicolon does not end CREATE FUNCTION … BEGIN ATOMIC before its END.
  private func trackBlocks(_ word: [UInt8]) {
    let first = words.prefix(4).map { String(decoding: $0, as: UTF8.self) }
    guard first.first == "create", parentheses == 0,
      first.contains("function") || first.contains("procedure")
    else { return }
    switch String(decoding: word, as: UTF8.self) {
    case "begin": blocks += 1
    case "case" where blocks > 0: blocks += 1
    case "end" where blocks > 0: blocks -= 1
    default: break
    }
  }

  // MARK: Comments and quotes

  private func lineComment() throws {
    var text: [UInt8] = []
    while let byte = try peek(), byte != CopyText.newline {
      if text.count < 80 { text.append(byte) }
      advance()
    }
    guard statement.text.isEmpty else { return }
    // pg_dump writes these first and last; a file with the one and not the other is cut short.
    let comment = String(decoding: text, as: UTF8.self)
    guard comment.hasPrefix("-- PostgreSQL database dump") else { return }
    openDumps += comment.contains("complete") ? -1 : 1
  }

  private func blockComment() throws {
    let start = line
    var depth = 0
    repeat {
      guard let byte = try peek() else { throw cutShort("in the comment of line \(start)") }
      let next = try peek(1)
      if byte == UInt8(ascii: "/"), next == UInt8(ascii: "*") {
        depth += 1
        advance()
      } else if byte == UInt8(ascii: "*"), next == UInt8(ascii: "/") {
        depth -= 1
        advance()
      }
      advance()
    } while depth > 0
    if !statement.text.isEmpty { keep(UInt8(ascii: " ")) }
  }

  private func quoted(_ quote: UInt8, escapes: Bool) throws {
    let start = line
    keep(quote)
    advance()
    while let byte = try peek() {
      keep(byte)
      advance()
      if byte == quote { return }
      if escapes, byte == UInt8(ascii: "\\"), let escaped = try peek() {
        keep(escaped)
        advance()
      }
    }
    throw cutShort("in the quotes that open on line \(start)")
  }

  /// A dollar-quoted string, of which only the quotes are kept; or a lone dollar.
  private func dollar() throws {
    var tag = [UInt8(ascii: "$")]
    while let byte = try peek(tag.count), byte != UInt8(ascii: "$") {
      let isDigit = byte >= 0x30 && byte <= 0x39
      guard Self.isWord(byte), tag.count < 64, !(isDigit && tag.count == 1) else {
        keep(UInt8(ascii: "$"))
        return advance()
      }
      tag.append(byte)
    }
    tag.append(UInt8(ascii: "$"))
    let start = line
    tag.forEach { keep($0) }
    for _ in tag { advance() }
    while let byte = try peek() {
      if byte == tag[0], try input.starts(with: tag) {
        tag.forEach { keep($0) }
        for _ in tag { advance() }
        return
      }
      advance()
    }
    throw cutShort("in the quotes that open on line \(start)")
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), 0x80...0xFF: true
    default: false
    }
  }

  // MARK: COPY data

  /// Hands over the rows that follow a COPY statement, up to its `\.`, as they stand in the file.
  ///
  /// - Throws: `ImportError` if the file or the rows end without the `\.`, or what the closure throws.
  package func copyRows(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    while let byte = try peek(), byte != CopyText.newline { advance() }
    if try peek() != nil { advance() }
    var isMidLine = false
    while true {
      let rows = DumpRows(
        in: input.buffer,
        input.start..<input.end,
        isMidLine: isMidLine,
        isAtEnd: input.isAtEnd
      )
      if !rows.data.isEmpty {
        try input.buffer.withUnsafeBytes { bytes in
          try body(UnsafeRawBufferPointer(rebasing: bytes[rows.data]))
        }
      }
      line += rows.lines
      isMidLine = rows.endsMidLine
      input.start = rows.next
      switch rows.ending {
      case .mark: return
      case .anotherTable: throw cutShort("inside the rows of a table, where another's begin")
      case .none: break
      }
      guard !input.isAtEnd else {
        throw cutShort(#"before the \. that ends the rows of a table"#)
      }
      _ = try input.fill()
    }
  }

  // MARK: Bytes

  private func peek(_ offset: Int = 0) throws -> UInt8? {
    while input.start + offset >= input.end {
      guard try input.fill() else { return nil }
    }
    return input.buffer[input.start + offset]
  }

  private func advance() {
    if input.buffer[input.start] == CopyText.newline { line += 1 }
    input.start += 1
  }

  private func keep(_ byte: UInt8) {
    if statement.text.isEmpty { statement.line = line }
    if statement.text.count < Self.longestText { statement.text.append(byte) }
  }

  /// The error for a file that ends too early.
  func cutShort(_ place: String) -> ImportError {
    ImportError(
      .badData,
      path: path,
      line: line,
      "the dump is cut short: it ends \(place)",
      advice: "copy or download the file again"
    )
  }
}
