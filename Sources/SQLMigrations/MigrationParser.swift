import VectorSQL

/// One half of a migration file.
package struct MigrationSection: Sendable, Hashable {
  /// False for `transaction:false`: each statement commits by itself.
  package var isTransactional: Bool
  /// The directive, without the end of its line.
  package var directive: Range<Int>
  /// What follows the directive, up to the next one or the end of the file.
  package var range: Range<Int>
  package var pieces: [ScriptPiece]
  package var statements: [ScriptStatement]
}

/// A migration file that has been read.
package struct ParsedMigration: Sendable, Hashable {
  package var source: SourceText
  package var up: MigrationSection
  /// Nil if the file has no `-- migrate:down` at all; an empty section undoes nothing, on purpose.
  package var down: MigrationSection?
}

/// Reads dbmate's file format.
///
/// ```sql
/// -- migrate:up
/// CREATE TABLE product (id int PRIMARY KEY);
///
/// -- migrate:down
/// DROP TABLE product;
/// ```
///
/// A directive is a line comment at the beginning of a line, and only where psql would see a
/// comment: not in a string, a function body or the rows of a COPY. Its one option is
/// `transaction:false`. Where dbmate passes over what it does not know, this reader complains.
package enum MigrationParser {
  /// Reads one file.
  package static func parse(
    _ source: SourceText
  ) throws(MigrationParsingError) -> ParsedMigration {
    if let invalid = source.firstInvalidByte {
      throw MigrationParsingError(.notUTF8, at: invalid, in: source)
    }
    var sections = Sections()
    for piece in try SQLSplitter.split(source) {
      try sections.take(piece, of: source)
    }
    guard let up = sections.up else {
      throw MigrationParsingError(.noUpSection, file: source.name)
    }
    return ParsedMigration(source: source, up: up, down: sections.down)
  }
}

/// The sections met so far.
private struct Sections {
  var up: MigrationSection?
  var down: MigrationSection?

  mutating func take(
    _ piece: ScriptPiece,
    of source: SourceText
  ) throws(MigrationParsingError) {
    switch piece {
    case .directive(let range):
      try start(Directive(range, of: source), range, of: source)
    case .gap:
      append(piece)
    case .statement(let statement):
      guard up != nil else {
        throw MigrationParsingError(
          .textBeforeSections,
          at: statement.sql.lowerBound,
          in: source
        )
      }
      let isTransactional = (down ?? up)?.isTransactional == true
      if isTransactional, let control = statement.transactionControl {
        throw MigrationParsingError(
          .transactionControl(control),
          at: statement.sql.lowerBound,
          in: source
        )
      }
      append(piece)
    }
  }

  private mutating func start(
    _ directive: Directive,
    _ range: Range<Int>,
    of source: SourceText
  ) throws(MigrationParsingError) {
    let section = MigrationSection(
      isTransactional: directive.isTransactional,
      directive: range,
      range: range.upperBound..<range.upperBound,
      pieces: [],
      statements: []
    )
    if directive.isUp {
      guard up == nil else {
        throw MigrationParsingError(.sectionTwice("up"), at: range.lowerBound, in: source)
      }
      up = section
    } else {
      guard up != nil else {
        throw MigrationParsingError(.downBeforeUp, at: range.lowerBound, in: source)
      }
      guard down == nil else {
        throw MigrationParsingError(.sectionTwice("down"), at: range.lowerBound, in: source)
      }
      down = section
    }
  }

  private mutating func append(_ piece: ScriptPiece) {
    if down != nil { down?.append(piece) } else { up?.append(piece) }
  }
}

extension MigrationSection {
  fileprivate mutating func append(_ piece: ScriptPiece) {
    pieces.append(piece)
    range = range.lowerBound..<piece.range.upperBound
    if case .statement(let statement) = piece { statements.append(statement) }
  }
}

/// `migrate:up` or `migrate:down` with its options.
private struct Directive {
  let isUp: Bool
  let isTransactional: Bool

  init(_ range: Range<Int>, of source: SourceText) throws(MigrationParsingError) {
    let start = range.lowerBound
    if start > source.startOfText, !source.bytes[start - 1].isNewline {
      throw MigrationParsingError(.indentedDirective, at: start, in: source)
    }
    let parts = source.text(range).dropFirst(2).split(whereSeparator: \.isWhitespace)
    guard let name = parts.first, name == "migrate:up" || name == "migrate:down" else {
      let name = parts.first?.dropFirst("migrate:".count) ?? ""
      throw MigrationParsingError(.unknownDirective(String(name)), at: start, in: source)
    }
    isUp = name == "migrate:up"
    var isTransactional = true
    for option in parts.dropFirst() {
      switch option {
      case "transaction:false": isTransactional = false
      case "transaction:true": isTransactional = true
      default:
        let offset = start + source.text(range)[..<option.startIndex].utf8.count
        throw MigrationParsingError(.unknownOption(String(option)), at: offset, in: source)
      }
    }
    self.isTransactional = isTransactional
  }
}
