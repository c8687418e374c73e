import VectorSQL

/// An SQL text in pieces without the white space: words, operators, brackets; enough to find the parts of
/// an expression, and far from a grammar.
struct SQLPieces {
  struct Piece {
    var kind: SQLToken.Kind
    var range: Range<Int>
    /// The text; a word in small letters, as the server folds it.
    var text: String

    var isName: Bool { kind == .word || kind == .quotedIdentifier }
  }

  private(set) var pieces: [Piece] = []
  private let bytes: [UInt8]

  init(_ sql: String) {
    bytes = Array(sql.utf8)
    var lexer = SQLLexer(bytes)
    while let token = lexer.next() {
      guard !token.isGap else { continue }
      let isOperator = token.kind == .other && Self.isOperator(bytes[token.range.lowerBound])
      if isOperator || isSecondColon(token), let last = pieces.last,
        last.kind == .other, last.range.upperBound == token.range.lowerBound,
        Self.isOperator(bytes[last.range.lowerBound]) == isOperator
      {
        pieces[pieces.count - 1].range = last.range.lowerBound..<token.range.upperBound
        pieces[pieces.count - 1].text = text(pieces[pieces.count - 1].range)
        continue
      }
      let spelled = text(token.range)
      let folded = token.kind == .word ? spelled.lowercased() : spelled
      pieces.append(Piece(kind: token.kind, range: token.range, text: folded))
    }
  }

  private static let operators = Set("+-*/<>=~!@#%^&|`?".utf8)

  private static func isOperator(_ byte: UInt8) -> Bool { operators.contains(byte) }

  private func isSecondColon(_ token: SQLToken) -> Bool {
    bytes[token.range.lowerBound] == UInt8(ascii: ":")
      && pieces.last.map { $0.text == ":" } ?? false
  }

  var count: Int { pieces.count }

  subscript(index: Int) -> Piece? { pieces.indices.contains(index) ? pieces[index] : nil }

  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// The text of a range of pieces, as it was written.
  func source(_ range: Range<Int>) -> String {
    guard let first = self[range.lowerBound], let last = self[range.upperBound - 1] else {
      return ""
    }
    return text(first.range.lowerBound..<last.range.upperBound)
  }

  /// The whole text with ranges of pieces replaced; they must not overlap.
  func replacing(_ changes: [(range: Range<Int>, text: String)]) -> String {
    var out: [UInt8] = []
    var place = 0
    for change in changes.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      guard let first = self[change.range.lowerBound] else { continue }
      let start = first.range.lowerBound
      let end = change.range.isEmpty ? start : self[change.range.upperBound - 1]?.range.upperBound
      out += bytes[place..<start] + Array(change.text.utf8)
      place = end ?? start
    }
    return String(decoding: out + bytes[place...], as: UTF8.self)
  }

  // MARK: Brackets

  private static let pairs = ["(": ")", "[": "]"]

  /// The bracket that closes the one at an index.
  func closing(_ open: Int) -> Int? {
    guard let kind = self[open]?.text, let end = Self.pairs[kind] else { return nil }
    var depth = 0
    for index in open..<count {
      if pieces[index].text == kind { depth += 1 }
      if pieces[index].text == end { depth -= 1 }
      if depth == 0 { return index }
    }
    return nil
  }

  /// The bracket that opens the one at an index.
  func opening(_ close: Int) -> Int? {
    guard let kind = self[close]?.text,
      let start = Self.pairs.first(where: { $0.value == kind })?.key
    else { return nil }
    var depth = 0
    for index in stride(from: close, through: 0, by: -1) {
      if pieces[index].text == kind { depth += 1 }
      if pieces[index].text == start { depth -= 1 }
      if depth == 0 { return index }
    }
    return nil
  }

  /// How many round brackets are open before an index.
  func depth(at index: Int) -> Int {
    pieces[..<index].reduce(0) { depth, piece in
      piece.text == "(" ? depth + 1 : piece.text == ")" ? depth - 1 : depth
    }
  }

  /// A range cut at the commas outside of brackets.
  func list(_ range: Range<Int>) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var start = range.lowerBound
    var index = range.lowerBound
    while index < range.upperBound {
      if let end = closing(index), end < range.upperBound { index = end }
      if pieces[index].text == "," {
        parts.append(start..<index)
        start = index + 1
      }
      index += 1
    }
    if start < range.upperBound { parts.append(start..<range.upperBound) }
    return parts
  }

  // MARK: Operands

  /// The words that stand before an expression and belong to none.
  private static let openers: Set<String> = [
    "select", "by", "where", "and", "or", "not", "on", "having", "distinct", "when", "then", "else",
    "case", "as", "limit", "between", "in",
  ]

  private static let values: [SQLToken.Kind] = [.parameter, .number, .string, .dollarString]

  /// The operand that ends before an index: a name, a parameter, a call, brackets, with its casts.
  func operand(endingBefore end: Int) -> Range<Int>? {
    var index = end - 1
    while let piece = self[index] {
      if let open = opening(index) {
        // A call or a type's modifier: the name before belongs to it.
        guard let before = self[open - 1], before.isName, !Self.openers.contains(before.text) else {
          return open..<end
        }
        index = open - 1
        continue
      }
      guard piece.isName || Self.values.contains(piece.kind) else { return nil }
      while piece.isName, self[index - 1]?.text == ".", self[index - 2]?.isName == true {
        index -= 2
      }
      // A column of a sub-select: (InitPlan 1).col1.
      if self[index - 1]?.text == ".", let open = opening(index - 2) { return open..<end }
      guard self[index - 1]?.text == "::" else { return index..<end }
      index -= 2
    }
    return nil
  }

  /// The operand that starts at an index.
  func operand(startingAt start: Int) -> Range<Int>? {
    guard let first = self[start] else { return nil }
    var end = start + 1
    if first.text == "(" {
      guard let close = closing(start) else { return nil }
      end = close + 1
    } else if first.isName {
      while self[end]?.text == ".", self[end + 1]?.isName == true { end += 2 }
      if let bracket = self[end], bracket.text == "(" || bracket.text == "[",
        let close = closing(end)
      {
        end = close + 1
      } else if self[end]?.kind == .string {
        end += 1
      }
    } else if !Self.values.contains(first.kind) {
      return nil
    }
    if self[end]?.text == ".", self[end + 1]?.isName == true { end += 2 }
    while self[end]?.text == "::", self[end + 1]?.isName == true {
      end += 2
      while self[end]?.text == ".", self[end + 1]?.isName == true { end += 2 }
      while let bracket = self[end], bracket.text == "(" || bracket.text == "[",
        let close = closing(end)
      { end = close + 1 }
    }
    return start..<end
  }
}
