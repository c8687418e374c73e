import VectorSQL

/// One statement of a script, by its place in the bytes.
package struct ScriptStatement: Sendable, Hashable {
  /// All that belongs to it: the SQL, its semicolon, and COPY's data with their `\.` line.
  package var range: Range<Int>
  /// What is sent to the server: the SQL without its semicolon.
  package var sql: Range<Int>
  /// The rows after `COPY … FROM stdin;`, without the `\.` line.
  package var copyData: Range<Int>?
  /// The first words outside of parentheses, in capitals: enough to tell what kind it is.
  package var words: [String]
}

/// A part of a script; the ranges of all parts joined are the script.
package enum ScriptPiece: Sendable, Hashable {
  /// White space, comments and empty statements.
  case gap(Range<Int>)
  case statement(ScriptStatement)
  /// A line comment that starts with `migrate:`.
  case directive(Range<Int>)

  package var range: Range<Int> {
    switch self {
    case .gap(let range), .directive(let range): range
    case .statement(let statement): statement.range
    }
  }
}

/// Splits a script into statements where psql would.
///
/// A semicolon ends a statement outside of quotes, comments, parentheses (CREATE RULE) and
/// `BEGIN ATOMIC … END`. A directive ends it too, finished or not. What psql would read as data
/// after `COPY … FROM stdin;` is data here.
package struct SQLSplitter {
  /// Words kept per statement: `ALTER TABLE a.b DETACH PARTITION c.d CONCURRENTLY` and some.
  private static let wordLimit = 16

  private let source: SourceText
  private var lexer: SQLLexer
  private var pieces: [ScriptPiece] = []
  private var gapStart = 0
  private var open: OpenStatement?

  private init(_ source: SourceText) {
    self.source = source
    self.lexer = SQLLexer(source.bytes, from: source.startOfText)
  }

  /// The parts of a file, in order and without holes.
  package static func split(
    _ source: SourceText
  ) throws(MigrationParsingError) -> [ScriptPiece] {
    var splitter = SQLSplitter(source)
    while let token = splitter.lexer.next() {
      try splitter.take(token)
    }
    try splitter.finish(semicolon: nil)
    splitter.closeGap(at: source.bytes.count)
    return splitter.pieces
  }

  private mutating func take(_ token: SQLToken) throws(MigrationParsingError) {
    guard token.isTerminated else {
      throw MigrationParsingError(
        .unterminated(token.kind.nameForPeople),
        at: token.range.lowerBound,
        in: source
      )
    }
    switch token.kind {
    case .lineComment where isDirective(token):
      try finish(semicolon: nil)
      closeGap(at: token.range.lowerBound)
      pieces.append(.directive(token.range))
      gapStart = token.range.upperBound
    case .whitespace, .lineComment, .blockComment:
      break
    case .backslash:
      try backslash(token)
    case .semicolon where open?.isNested != true:
      try finish(semicolon: token)
    default:
      extend(with: token)
    }
  }

  private mutating func extend(with token: SQLToken) {
    var statement = open ?? OpenStatement(start: token.range.lowerBound)
    let isWord = token.kind == .word
    if isWord, statement.parentheses == 0 {
      // A word is only compared while it can still matter: at the start, or in BEGIN ATOMIC.
      if statement.words.count < Self.wordLimit || statement.mayBeRoutine {
        statement.take(word: source.text(token.range).uppercased(), limit: Self.wordLimit)
      }
    }
    switch token.kind {
    case .openParenthesis: statement.parentheses += 1
    case .closeParenthesis: statement.parentheses = max(0, statement.parentheses - 1)
    default: break
    }
    statement.lastToken = token
    open = statement
  }

  /// Ends the open statement, at its semicolon or before what made an end of it.
  private mutating func finish(semicolon: SQLToken?) throws(MigrationParsingError) {
    guard let statement = open, let last = statement.lastToken else { return }
    open = nil
    closeGap(at: statement.start)
    let sql = statement.start..<last.range.upperBound
    let end = semicolon?.range.upperBound ?? sql.upperBound
    var piece = ScriptStatement(range: statement.start..<end, sql: sql, words: statement.words)
    if piece.readsStdin {
      let data = try copyData(after: semicolon, of: piece)
      piece.copyData = data.rows
      piece.range = statement.start..<data.end
      lexer.move(to: data.end)
    } else if piece.writesStdout {
      throw MigrationParsingError(.copyToStdout, at: statement.start, in: source)
    }
    pieces.append(.statement(piece))
    gapStart = piece.range.upperBound
    noteStringSyntax(piece, lastToken: last)
  }

  private mutating func closeGap(at offset: Int) {
    if gapStart < offset { pieces.append(.gap(gapStart..<offset)) }
    gapStart = offset
  }

  /// `SET standard_conforming_strings` changes how the rest of the script is to be read.
  private mutating func noteStringSyntax(_ statement: ScriptStatement, lastToken: SQLToken) {
    let words = statement.words
    guard words.contains("STANDARD_CONFORMING_STRINGS") else { return }
    switch words.first {
    case "SET":
      let value = source.text(lastToken.range).lowercased().filter { $0 != "'" && $0 != "\"" }
      lexer.standardConformingStrings = !["off", "false", "no", "0"].contains(value)
    case "RESET":
      lexer.standardConformingStrings = true
    default:
      break
    }
  }

  // MARK: - psql's own lines

  /// The rows between the end of COPY's line and the line `\.`, and the offset after that line.
  private func copyData(
    after semicolon: SQLToken?,
    of statement: ScriptStatement
  ) throws(MigrationParsingError) -> (rows: Range<Int>, end: Int) {
    let bytes = source.bytes
    guard let semicolon else {
      throw MigrationParsingError(.copyDataWithoutEnd, at: statement.sql.lowerBound, in: source)
    }
    var rest = SQLLexer(bytes, from: semicolon.range.upperBound)
    var start = semicolon.range.upperBound
    while start == semicolon.range.upperBound || bytes[start - 1] != 0x0A {
      guard let token = rest.next() else {
        throw MigrationParsingError(.copyDataWithoutEnd, at: statement.sql.lowerBound, in: source)
      }
      switch token.kind {
      case .whitespace:
        // The line ends inside of this token; what follows belongs to the data.
        let newline = bytes[token.range].firstIndex(of: 0x0A)
        start = newline.map { $0 + 1 } ?? token.range.upperBound
      case .lineComment:
        start = token.range.upperBound
      default:
        throw MigrationParsingError(.textAfterCopy, at: token.range.lowerBound, in: source)
      }
    }
    var line = start
    while line < bytes.count {
      let newline = bytes[line...].firstIndex(of: 0x0A) ?? bytes.count
      if isEndOfData(bytes[line..<newline]) {
        return (start..<line, min(newline + 1, bytes.count))
      }
      line = newline + 1
    }
    throw MigrationParsingError(.copyDataWithoutEnd, at: statement.sql.lowerBound, in: source)
  }

  private func isEndOfData(_ line: ArraySlice<UInt8>) -> Bool {
    let line = line.last == 0x0D ? line.dropLast() : line
    return line.elementsEqual([UInt8(ascii: "\\"), UInt8(ascii: ".")])
  }

  /// pg_dump's `\restrict` and `\unrestrict` are passed over; any other command is refused.
  private mutating func backslash(_ token: SQLToken) throws(MigrationParsingError) {
    let bytes = source.bytes
    let rest = bytes[token.range.upperBound...]
    let nameEnd = rest.firstIndex { $0.isSQLSpace } ?? bytes.count
    let name = source.text(token.range.upperBound..<nameEnd)
    guard open == nil, name == "restrict" || name == "unrestrict" else {
      throw MigrationParsingError(
        .backslashCommand(name),
        at: token.range.lowerBound,
        in: source
      )
    }
    lexer.move(to: rest.firstIndex { $0.isNewline } ?? bytes.count)
  }

  /// A comment that is first on its line and says `migrate:`.
  private func isDirective(_ token: SQLToken) -> Bool {
    let content = source.bytes[token.range].dropFirst(2).drop { $0.isSQLSpace }
    guard content.count >= 8,
      source.text(content.startIndex..<content.startIndex + 8).lowercased() == "migrate:"
    else { return false }
    let before = source.bytes[source.startOfText..<token.range.lowerBound]
    let lineStart = before.lastIndex { !$0.isSQLSpace || $0.isNewline }
    return lineStart.map { before[$0].isNewline } ?? true
  }
}

/// What is known of a statement whose end has not come yet.
private struct OpenStatement {
  let start: Int
  var lastToken: SQLToken?
  var parentheses = 0
  var words: [String] = []
  private var atomicDepth = 0
  private var previousWord = ""
  private(set) var mayBeRoutine = true

  init(start: Int) {
    self.start = start
  }

  /// True where a semicolon does not end the statement.
  var isNested: Bool { parentheses > 0 || atomicDepth > 0 }

  mutating func take(word: String, limit: Int) {
    if words.count < limit { words.append(word) }
    mayBeRoutine = mayBeRoutine && Self.startsRoutine(words)
    defer { previousWord = word }
    guard mayBeRoutine else { return }
    switch word {
    case "ATOMIC" where previousWord == "BEGIN": atomicDepth += 1
    case "CASE" where atomicDepth > 0: atomicDepth += 1
    case "END" where atomicDepth > 0: atomicDepth -= 1
    default: break
    }
  }

  /// True while the words can be, or are, `CREATE [OR REPLACE] {FUNCTION|PROCEDURE}`.
  private static func startsRoutine(_ words: [String]) -> Bool {
    let isPlain = zip(words, ["CREATE"]).allSatisfy(==)
    guard isPlain, words.count > 1 else { return isPlain }
    guard words[1] == "OR" else { return ["FUNCTION", "PROCEDURE"].contains(words[1]) }
    guard words.count > 2, words[2] == "REPLACE" else { return words.count == 2 }
    return words.count == 3 || ["FUNCTION", "PROCEDURE"].contains(words[3])
  }
}

extension SQLToken.Kind {
  /// The name of what may be cut off.
  fileprivate var nameForPeople: String {
    switch self {
    case .blockComment: "the comment /* … */"
    case .quotedIdentifier: "the quoted name"
    case .dollarString: "the dollar quote"
    default: "the string"
    }
  }
}
