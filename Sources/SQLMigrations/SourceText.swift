/// A place in a migration file, for people.
public struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
  /// Counted from 1.
  public var line: Int
  /// Counted from 1, in characters (Unicode scalars, as the server counts them).
  public var column: Int

  /// Makes a location; both numbers count from 1.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// `line:column`, as compilers and editors write it.
  public var description: String { "\(line):\(column)" }
}

/// The bytes of one file and its name as it shall appear in messages.
package struct SourceText: Sendable, Hashable {
  package let name: String
  package let bytes: [UInt8]

  package init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }

  /// Where the UTF-8 byte order mark ends, which is no part of the SQL.
  var startOfText: Int { bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }

  /// The text of a part of the file.
  package func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  /// The line and column of a byte offset.
  package func location(of offset: Int) -> SourceLocation {
    let line = lineRange(at: offset)
    let number = bytes[..<line.lowerBound].count { $0 == 0x0A } + 1
    let before = max(line.lowerBound, startOfText)..<max(line.lowerBound, startOfText, offset)
    return SourceLocation(line: number, column: scalarCount(before) + 1)
  }

  /// The offset of the character with this number, counted from 1 in `range`.
  ///
  /// The server gives error positions so. A position after the last character is the range's end.
  package func offset(ofCharacter number: Int, in range: Range<Int>) -> Int {
    var left = number
    for index in range where !bytes[index].isUTF8Continuation {
      left -= 1
      if left == 0 { return index }
    }
    return range.upperBound
  }

  /// The line around an offset and a caret under it, in two lines of text.
  ///
  /// ```
  /// CREATE TABEL product (
  ///        ^
  /// ```
  package func excerpt(at offset: Int, width: Int = 76) -> String {
    let range = lineRange(at: offset)
    let start = min(max(range.lowerBound, startOfText), offset)
    var line = Array(text(start..<max(start, range.upperBound)).unicodeScalars)
    var caret = scalarCount(start..<offset)
    if line.count > width {
      let first = max(0, min(caret - width / 2, line.count - width))
      let last = min(line.count, first + width)
      line = (first > 0 ? ["…"] : []) + line[first..<last] + (last < line.count ? ["…"] : [])
      caret -= first - (first > 0 ? 1 : 0)
    }
    var text = String.UnicodeScalarView(line)
    while let last = text.last, last.properties.isWhitespace { text.removeLast() }
    let indent = line.prefix(caret).map(\.blank).joined()
    return String(text) + "\n" + indent + "^"
  }

  /// The offset of the first byte that is not UTF-8, or a NUL, which no SQL text may hold.
  package var firstInvalidByte: Int? {
    guard String(validating: bytes, as: UTF8.self) == nil else { return bytes.firstIndex(of: 0) }
    var decoder = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let scalar) where bytes[offset] != 0: offset += scalar.count
      case .valid, .emptyInput, .error: return offset
      }
    }
  }

  /// The bytes of the line that holds an offset, without its end.
  private func lineRange(at offset: Int) -> Range<Int> {
    let offset = min(offset, bytes.count)
    let start = bytes[..<offset].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let end = bytes[offset...].firstIndex(of: 0x0A) ?? bytes.count
    return start..<end
  }

  private func scalarCount(_ range: Range<Int>) -> Int {
    bytes[range].count { !$0.isUTF8Continuation }
  }
}

extension UInt8 {
  var isUTF8Continuation: Bool { self & 0b1100_0000 == 0b1000_0000 }
}

extension Unicode.Scalar {
  /// White space as wide as the character on a terminal: a tab stays one, CJK takes two columns.
  fileprivate var blank: String {
    if self == "\t" { return "\t" }
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return ""
    default: return isWide ? "  " : " "
    }
  }

  private var isWide: Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      true
    default: false
    }
  }
}
