import SQLMigrations
package import VectorSQL

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A statement to explain that came as text: one SELECT, or a script as `--show-sql` prints it.
///
/// Of a script the settings, the prepared SELECT and the values of EXECUTE are taken.
package struct StatementSource: Sendable {
  /// The file's name, `-` for standard input.
  package let name: String
  /// The SELECT, with the script's settings and without values.
  package let statement: SQLStatement
  /// The values that EXECUTE gives, as SQL expressions.
  let arguments: [String]
  /// The types that PREPARE declares for the parameters.
  let types: [String]
  let source: SourceText
  /// Where the SELECT begins, in bytes.
  let start: Int

  /// Reads a text.
  ///
  /// - Parameters:
  ///   - text: The SQL.
  ///   - name: Where it came from, for messages.
  /// - Throws: ``ActionError`` for what is not a single SELECT.
  package init(_ text: String, named name: String) throws(ActionError) {
    self.name = name
    source = SourceText(name: name, bytes: Array(text.utf8))
    var reader = Reader(source)
    do {
      for piece in try SQLSplitter.split(source) {
        if case .statement(let statement) = piece { try reader.take(statement) }
      }
    } catch let error as ActionError {
      throw error
    } catch let error as MigrationParsingError {
      guard case .backslashCommand(let command) = error.reason else {
        throw ActionError(.badData, "\(error)", advice: error.advice, excerpt: error.excerpt)
      }
      let place = error.location.map { ":\($0)" } ?? ""
      throw ActionError(
        .badData,
        "\(name)\(place): \\\(command) is psql's own, and explain sends the server SQL alone",
        advice: Self.variables,
        excerpt: error.excerpt
      )
    } catch {
      throw ActionError(.badData, "\(error)")
    }
    guard let select = reader.select else {
      throw ActionError(.badData, "\(name): no SELECT in it", advice: Self.advice)
    }
    start = select.lowerBound
    arguments = reader.arguments
    types = reader.types
    statement = SQLStatement(text: source.text(select), binds: [], settings: reader.settings)
  }

  private static let variables = "write $1 where a value belongs, and give it with --bind VALUE"
  private static let advice = "explain takes one SELECT, or a script as --show-sql prints it"

  /// Takes a script apart.
  private struct Reader {
    let source: SourceText
    var settings: [SQLSetting] = []
    var select: Range<Int>?
    var arguments: [String] = []
    var types: [String] = []

    init(_ source: SourceText) { self.source = source }

    mutating func take(_ statement: ScriptStatement) throws {
      let range = statement.sql
      // The words of a statement are those outside of brackets.
      guard source.bytes[range.lowerBound] != UInt8(ascii: "(") else {
        return try found(range, statement)
      }
      switch statement.words.first {
      case "SELECT", "WITH", "VALUES", "TABLE", nil: try found(range, statement)
      case "PREPARE":
        guard let body = body(of: range) else { throw refusal(statement) }
        types = list(in: range.lowerBound..<body.lowerBound)
        try found(body, statement)
      case "EXECUTE": arguments = list(in: range)
      case "EXPLAIN":
        guard let body = explained(range) else { throw refusal(statement) }
        try found(body, statement)
      case "SET": settings += try [setting(range, statement)]
      case "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "DEALLOCATE": break
      default: throw refusal(statement)
      }
    }

    private mutating func found(_ range: Range<Int>, _ statement: ScriptStatement) throws {
      guard select == nil else {
        let place = source.location(of: range.lowerBound)
        throw ActionError(
          .badData,
          "\(source.name):\(place): a second statement",
          advice: StatementSource.advice
        )
      }
      var lexer = SQLLexer(Array(source.bytes[..<range.upperBound]), from: range.lowerBound)
      var depth = 0
      while let token = lexer.next() {
        if token.kind == .openParenthesis { depth += 1 }
        if token.kind == .closeParenthesis { depth -= 1 }
        // SELECT … INTO makes a table.
        if depth == 0, token.kind == .word, source.text(token.range).lowercased() == "into" {
          throw ActionError(
            .badData,
            "\(source.name):\(source.location(of: token.range.lowerBound)): INTO makes a table, and explain changes "
              + "nothing"
          )
        }
      }
      select = range
    }

    private func refusal(_ statement: ScriptStatement) -> ActionError {
      let place = source.location(of: statement.sql.lowerBound)
      let word = statement.words.first ?? ""
      return ActionError(
        .badData,
        "\(source.name):\(place): \(word) is no SELECT, and explain runs nothing else",
        advice: StatementSource.advice
      )
    }

    /// Behind the AS of `PREPARE name (types) AS`.
    private func body(of range: Range<Int>) -> Range<Int>? {
      var lexer = SQLLexer(Array(source.bytes[..<range.upperBound]), from: range.lowerBound)
      while let token = lexer.next() {
        guard token.kind == .word, source.text(token.range).lowercased() == "as" else { continue }
        while let next = lexer.next() {
          if !next.isGap { return next.range.lowerBound..<range.upperBound }
        }
      }
      return nil
    }

    /// Behind `EXPLAIN (options)` or `EXPLAIN ANALYZE VERBOSE`.
    private func explained(_ range: Range<Int>) -> Range<Int>? {
      var lexer = SQLLexer(Array(source.bytes[..<range.upperBound]), from: range.lowerBound)
      var depth = 0
      while let token = lexer.next() {
        let word = source.text(token.range).lowercased()
        switch token.kind {
        case .openParenthesis: depth += 1
        case .closeParenthesis: depth -= 1
        case .word where depth == 0 && ["select", "with", "values", "table"].contains(word):
          return token.range.lowerBound..<range.upperBound
        case .word where depth == 0 && !["explain", "analyze", "verbose"].contains(word): return nil
        default: break
        }
      }
      return nil
    }

    /// Between the brackets of `PREPARE name (types) AS` and `EXECUTE name (values)`.
    private func list(in range: Range<Int>) -> [String] {
      var lexer = SQLLexer(Array(source.bytes[..<range.upperBound]), from: range.lowerBound)
      var (depth, start, out): (Int, Int?, [String]) = (0, nil, [])
      while let token = lexer.next() {
        switch token.kind {
        case .openParenthesis:
          depth += 1
          if depth == 1 { start = token.range.upperBound }
        case .closeParenthesis:
          depth -= 1
          if depth == 0, let begin = start {
            out.append(source.text(begin..<token.range.lowerBound))
            return out
          }
        case .other where depth == 1 && source.bytes[token.range.lowerBound] == UInt8(ascii: ","):
          if let begin = start { out.append(source.text(begin..<token.range.lowerBound)) }
          start = token.range.upperBound
        default: break
        }
      }
      return out
    }

    /// `SET [LOCAL] name = value`.
    private func setting(_ range: Range<Int>, _ statement: ScriptStatement) throws -> SQLSetting {
      var words = source.text(range).split(maxSplits: 1) { $0 == "=" }.map(String.init)
      if words.count == 1 { words = source.text(range).components(separatedBy: " TO ") }
      let name = words[0].split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
      guard words.count == 2, name.allSatisfy({ $0.isLetter || $0 == "." || $0 == "_" }) else {
        throw refusal(statement)
      }
      let value = words[1].drop(while: \.isWhitespace)
      let isQuoted = value.hasPrefix("'") && value.hasSuffix("'") && value.count > 1
      return SQLSetting(name, isQuoted ? String(value.dropFirst().dropLast()) : String(value))
    }
  }

  /// The error of a statement with its place in the file, and a caret under it.
  func located(_ message: String, position: Int?, detail: String?) -> ActionError {
    guard let position else {
      let place = source.location(of: start)
      return ActionError(.badData, "\(name):\(place): \(message)", detail: detail)
    }
    let offset = source.offset(ofCharacter: position, in: start..<source.bytes.count)
    if isVariable(at: offset) {
      return ActionError(
        .badData,
        "\(name):\(source.location(of: offset)): psql puts a variable in here, and the server knows none",
        advice: Self.variables,
        excerpt: source.excerpt(at: offset)
      )
    }
    return ActionError(
      .badData,
      "\(name):\(source.location(of: offset)): \(message)",
      detail: detail,
      excerpt: source.excerpt(at: offset)
    )
  }

  /// `:name`, `:'name'` or `:"name"`, which only psql replaces; asked where the server found a syntax error.
  private func isVariable(at offset: Int) -> Bool {
    let bytes = source.bytes[offset...]
    guard bytes.first == UInt8(ascii: ":"), let next = bytes.dropFirst().first else { return false }
    return next.startsSQLIdentifier || "'\"{".utf8.contains(next)
  }
}
