/// What a statement of a dump means to an import.
///
/// Only the first two ever lead to something; nothing of their text is executed.
package enum DumpStatement: Hashable {
  /// `COPY [schema.]table (columns) FROM stdin`.
  case copy(DumpCopy)
  /// `SELECT pg_catalog.setval('[schema.]sequence', value, isCalled)`.
  case setSequence(name: String, value: Int)
  /// `SET client_encoding = 'LATIN1'`: how the rows are encoded.
  case clientEncoding(String)
  /// `SET standard_conforming_strings = off`: how the rest of the file is to be read.
  case backslashEscapes(Bool)
  /// `INSERT INTO [schema.]table`.
  case insert(table: String)
  /// A statement that means nothing here.
  case other(keyword: String)
}

/// The head of a block of rows.
package struct DumpCopy: Hashable {
  package var schema: String?
  package var table: String
  /// Empty where the statement names none.
  package var columns: [String] = []
  /// Whether anything follows `FROM stdin`, such as a format.
  package var hasOptions = false

  package init(
    schema: String? = nil,
    table: String,
    columns: [String] = [],
    hasOptions: Bool = false
  ) {
    self.schema = schema
    self.table = table
    self.columns = columns
    self.hasOptions = hasOptions
  }

  /// The table as the dump names it.
  var displayName: String { schema.map { "\($0).\(table)" } ?? table }
}

extension DumpStatement {
  /// Reads a statement as `DumpReader` gives it.
  package init(_ text: [UInt8]) {
    var cursor = DumpCursor(text)
    let keyword = cursor.peekWord() ?? ""
    switch keyword {
    case "copy": self = cursor.copy() ?? .other(keyword: keyword)
    case "select": self = cursor.setSequence() ?? .other(keyword: keyword)
    case "set": self = cursor.set() ?? .other(keyword: keyword)
    case "insert": self = cursor.insert() ?? .other(keyword: keyword)
    default: self = .other(keyword: keyword)
    }
  }
}

/// Walks over the words of one statement.
private struct DumpCursor {
  private enum Token: Hashable {
    /// A keyword or an unquoted name, in lower case.
    case word(String)
    /// A name in double quotes.
    case name(String)
    case string(String)
    case symbol(UInt8)
  }

  private let bytes: [UInt8]
  private var index = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  // MARK: Statements

  mutating func copy() -> DumpStatement? {
    guard take("copy"), let (schema, table) = qualifiedName() else { return nil }
    var copy = DumpCopy(schema: schema, table: table)
    if take("(") {
      repeat {
        guard let column = identifier() else { return nil }
        copy.columns.append(column)
      } while take(",")
      guard take(")") else { return nil }
    }
    guard take("from"), take("stdin") else { return nil }
    copy.hasOptions = next() != nil
    return .copy(copy)
  }

  mutating func setSequence() -> DumpStatement? {
    guard take("select") else { return nil }
    if take("pg_catalog"), !take(".") { return nil }
    guard take("setval"), take("("), case .string(let text) = next(), take(","),
      case .word(let number) = next(), let value = Int(number)
    else { return nil }
    if take(","), !take("true"), !take("false") { return nil }
    guard take(")"), next() == nil else { return nil }
    var name = DumpCursor(Array(text.utf8))
    guard let (_, sequence) = name.qualifiedName(), name.next() == nil else { return nil }
    return .setSequence(name: sequence, value: value)
  }

  mutating func set() -> DumpStatement? {
    guard take("set"), case .word(let setting) = next(), take("=") || take("to") else { return nil }
    let value: String
    switch next() {
    case .string(let text): value = text
    case .word(let word): value = word
    default: return nil
    }
    switch setting {
    case "client_encoding": return .clientEncoding(value)
    case "standard_conforming_strings": return .backslashEscapes(value.lowercased() == "off")
    default: return nil
    }
  }

  mutating func insert() -> DumpStatement? {
    guard take("insert"), take("into"), let (_, table) = qualifiedName() else { return nil }
    return .insert(table: table)
  }

  // MARK: Pieces

  /// The first word, without moving.
  func peekWord() -> String? {
    var copy = self
    guard case .word(let word) = copy.next() else { return nil }
    return word
  }

  private mutating func qualifiedName() -> (schema: String?, name: String)? {
    guard let first = identifier() else { return nil }
    guard take(".") else { return (nil, first) }
    return identifier().map { (first, $0) }
  }

  private mutating func identifier() -> String? {
    switch next() {
    case .word(let word): word
    case .name(let name): name
    default: nil
    }
  }

  /// Moves over a keyword or a symbol, if it is the next thing.
  private mutating func take(_ expected: String) -> Bool {
    let before = index
    switch next() {
    case .word(let word) where word == expected: return true
    case .symbol(let byte) where expected.utf8.elementsEqual([byte]): return true
    default:
      index = before
      return false
    }
  }

  private mutating func next() -> Token? {
    while index < bytes.count, bytes[index] == UInt8(ascii: " ") { index += 1 }
    guard index < bytes.count else { return nil }
    let byte = bytes[index]
    if byte == UInt8(ascii: "'") { return .string(quoted(byte)) }
    if byte == UInt8(ascii: "\"") { return .name(quoted(byte)) }
    let start = index
    while index < bytes.count, Self.isWord(bytes[index]) { index += 1 }
    if index > start {
      return .word(String(decoding: bytes[start..<index], as: UTF8.self).lowercased())
    }
    index += 1
    return .symbol(byte)
  }

  /// What stands in quotes, doubled ones halved.
  private mutating func quoted(_ quote: UInt8) -> String {
    var content: [UInt8] = []
    index += 1
    while index < bytes.count {
      if bytes[index] == quote {
        index += 1
        guard index < bytes.count, bytes[index] == quote else { break }
      }
      content.append(bytes[index])
      index += 1
    }
    return String(decoding: content, as: UTF8.self)
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...0xFF, UInt8(ascii: "_"), UInt8(ascii: "$"):
      true
    default: false
    }
  }
}
