/// Cuts an SQL script into tokens by the rules of psql's own scanner.
///
/// The scanner knows no grammar: only what may hide a semicolon. It works on UTF-8 bytes, looks at
/// each byte a constant number of times and never fails: what is cut off by the end of the script
/// comes out as a token that says so.
///
/// The rules are those of `psqlscan.l`: https://www.postgresql.org/docs/current/sql-syntax-lexical.html
package struct SQLLexer {
  /// Whether a backslash in a plain `'…'` is an ordinary character; a script may change it.
  package var standardConformingStrings: Bool

  private let bytes: [UInt8]
  private let end: Int
  /// The offset of the next token; a caller that reads data by itself (COPY) moves it on.
  package private(set) var position: Int

  package init(_ bytes: [UInt8], from start: Int = 0, standardConformingStrings: Bool = true) {
    self.bytes = bytes
    self.end = bytes.count
    self.position = start
    self.standardConformingStrings = standardConformingStrings
  }

  /// Goes on at another offset.
  package mutating func move(to offset: Int) {
    position = offset
  }

  /// The next token, or nil at the end of the script.
  package mutating func next() -> SQLToken? {
    guard position < end else { return nil }
    let start = position
    let token = scan(from: start)
    position = token.range.upperBound
    return token
  }

  private func scan(from start: Int) -> SQLToken {
    let byte = bytes[start]
    switch byte {
    case _ where byte.isSQLSpace:
      return SQLToken(kind: .whitespace, range: start..<skip(from: start) { $0.isSQLSpace })
    case UInt8(ascii: "-") where self[start + 1] == UInt8(ascii: "-"):
      return SQLToken(kind: .lineComment, range: start..<endOfLine(from: start))
    case UInt8(ascii: "/") where self[start + 1] == UInt8(ascii: "*"):
      return blockComment(from: start)
    case UInt8(ascii: "'"):
      return string(from: start, quote: start, hasEscapes: !standardConformingStrings)
    case UInt8(ascii: "\""):
      return quotedIdentifier(from: start, quote: start)
    case UInt8(ascii: "$"):
      return dollar(from: start)
    case _ where byte.startsSQLIdentifier:
      return word(from: start)
    case _ where byte.isDigit:
      return number(from: start)
    case UInt8(ascii: "("): return single(.openParenthesis, start)
    case UInt8(ascii: ")"): return single(.closeParenthesis, start)
    case UInt8(ascii: ";"): return single(.semicolon, start)
    case UInt8(ascii: "\\"): return single(.backslash, start)
    default: return single(.other, start)
    }
  }

  // MARK: - Words and numbers

  /// An identifier or keyword, or the letter that opens a special string: `E'`, `B'`, `X'`, `N'`, `U&'`.
  private func word(from start: Int) -> SQLToken {
    let wordEnd = skip(from: start) { $0.continuesSQLIdentifier }
    guard wordEnd == start + 1 else { return SQLToken(kind: .word, range: start..<wordEnd) }
    let next = self[wordEnd]
    switch bytes[start] | 0x20 {
    case UInt8(ascii: "e") where next == UInt8(ascii: "'"):
      return string(from: start, quote: wordEnd, hasEscapes: true)
    case UInt8(ascii: "n") where next == UInt8(ascii: "'"):
      return string(from: start, quote: wordEnd, hasEscapes: !standardConformingStrings)
    case UInt8(ascii: "b") where next == UInt8(ascii: "'"),
      UInt8(ascii: "x") where next == UInt8(ascii: "'"):
      return string(from: start, quote: wordEnd, hasEscapes: false)
    case UInt8(ascii: "u") where next == UInt8(ascii: "&"):
      return unicodeEscaped(from: start, quote: wordEnd + 1)
    default:
      return SQLToken(kind: .word, range: start..<wordEnd)
    }
  }

  private func unicodeEscaped(from start: Int, quote: Int) -> SQLToken {
    switch self[quote] {
    case UInt8(ascii: "'"): string(from: start, quote: quote, hasEscapes: false)
    case UInt8(ascii: "\""): quotedIdentifier(from: start, quote: quote)
    default: SQLToken(kind: .word, range: start..<start + 1)
    }
  }

  /// A run of digits with the letters of a radix or an exponent; `$` never belongs to a number.
  private func number(from start: Int) -> SQLToken {
    let numberEnd = skip(from: start) {
      $0.isDigit || $0 == UInt8(ascii: ".") || $0.startsSQLIdentifier
    }
    return SQLToken(kind: .number, range: start..<numberEnd)
  }

  // MARK: - Quotes

  /// A string from its opening quote to its closing one, with the parts that continue it.
  private func string(from start: Int, quote: Int, hasEscapes: Bool) -> SQLToken {
    var quote = quote
    while true {
      guard let closed = endOfString(quote: quote, hasEscapes: hasEscapes) else {
        return SQLToken(kind: .string, range: start..<end, isTerminated: false)
      }
      guard let continued = continuation(after: closed) else {
        return SQLToken(kind: .string, range: start..<closed)
      }
      quote = continued
    }
  }

  /// The offset after the closing quote.
  private func endOfString(quote: Int, hasEscapes: Bool) -> Int? {
    var index = quote + 1
    while index < end {
      switch bytes[index] {
      case UInt8(ascii: "\\") where hasEscapes:
        index += 2
      case UInt8(ascii: "'"):
        guard self[index + 1] == UInt8(ascii: "'") else { return index + 1 }
        index += 2
      default:
        index += 1
      }
    }
    return nil
  }

  /// The opening quote of a string that continues the one closed before `offset`.
  ///
  /// The standard joins two strings that only white space with a line end separates (comments
  /// count as white space); the second keeps the escapes of the first.
  private func continuation(after offset: Int) -> Int? {
    var index = offset
    var sawNewline = false
    while index < end {
      let byte = bytes[index]
      if byte.isSQLSpace {
        sawNewline = sawNewline || byte.isNewline
        index += 1
      } else if byte == UInt8(ascii: "-"), self[index + 1] == UInt8(ascii: "-") {
        index = endOfLine(from: index)
      } else {
        return sawNewline && byte == UInt8(ascii: "'") ? index : nil
      }
    }
    return nil
  }

  private func quotedIdentifier(from start: Int, quote: Int) -> SQLToken {
    var index = quote + 1
    while index < end {
      guard bytes[index] == UInt8(ascii: "\"") else {
        index += 1
        continue
      }
      guard self[index + 1] == UInt8(ascii: "\"") else {
        return SQLToken(kind: .quotedIdentifier, range: start..<index + 1)
      }
      index += 2
    }
    return SQLToken(kind: .quotedIdentifier, range: start..<end, isTerminated: false)
  }

  /// `$1`, `$$ … $$`, `$tag$ … $tag$`, or a lone `$`.
  private func dollar(from start: Int) -> SQLToken {
    if let digit = self[start + 1], digit.isDigit {
      return SQLToken(kind: .parameter, range: start..<skip(from: start + 1) { $0.isDigit })
    }
    let tagEnd = skip(from: start + 1) { $0.continuesSQLIdentifier && $0 != UInt8(ascii: "$") }
    guard self[tagEnd] == UInt8(ascii: "$") else { return single(.other, start) }
    let delimiter = bytes[start...tagEnd]
    var index = tagEnd + 1
    while index < end {
      guard bytes[index] == UInt8(ascii: "$") else {
        index += 1
        continue
      }
      if bytes[index...].starts(with: delimiter) {
        return SQLToken(kind: .dollarString, range: start..<index + delimiter.count)
      }
      index += 1
    }
    return SQLToken(kind: .dollarString, range: start..<end, isTerminated: false)
  }

  // MARK: - Comments

  private func blockComment(from start: Int) -> SQLToken {
    var depth = 1
    var index = start + 2
    while index < end {
      if bytes[index] == UInt8(ascii: "/"), self[index + 1] == UInt8(ascii: "*") {
        depth += 1
        index += 2
      } else if bytes[index] == UInt8(ascii: "*"), self[index + 1] == UInt8(ascii: "/") {
        depth -= 1
        index += 2
        if depth == 0 { return SQLToken(kind: .blockComment, range: start..<index) }
      } else {
        index += 1
      }
    }
    return SQLToken(kind: .blockComment, range: start..<end, isTerminated: false)
  }

  // MARK: - Bytes

  private subscript(_ index: Int) -> UInt8? {
    index < end ? bytes[index] : nil
  }

  private func single(_ kind: SQLToken.Kind, _ start: Int) -> SQLToken {
    SQLToken(kind: kind, range: start..<start + 1)
  }

  private func skip(from start: Int, while belongs: (UInt8) -> Bool) -> Int {
    var index = start
    while index < end, belongs(bytes[index]) { index += 1 }
    return index
  }

  private func endOfLine(from start: Int) -> Int {
    skip(from: start) { !$0.isNewline }
  }
}

extension UInt8 {
  /// Space as PostgreSQL's scanner knows it: ASCII only, vertical tab included.
  package var isSQLSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }

  package var isNewline: Bool { self == 0x0A || self == 0x0D }

  package var isDigit: Bool { (0x30...0x39).contains(self) }

  /// A letter, an underscore or any byte of a character beyond ASCII.
  package var startsSQLIdentifier: Bool {
    (0x61...0x7A).contains(self | 0x20) || self == UInt8(ascii: "_") || self >= 0x80
  }

  package var continuesSQLIdentifier: Bool {
    startsSQLIdentifier || isDigit || self == UInt8(ascii: "$")
  }
}
