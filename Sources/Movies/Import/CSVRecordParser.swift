/// A field of the record that a `CSVReader` stands on: where its bytes are, quotes left out.
package struct CSVField: Sendable, Hashable {
  /// Its bytes in the reader's buffer, without the quotes around them.
  var range: Range<Int>
  /// Whether it stood in quotes; an empty field without quotes means NULL, as in PostgreSQL.
  package var isQuoted = false
  /// Whether it holds doubled quotes that stand for one each.
  var hasDoubledQuotes = false
}

/// What a `CSVRecordParser` found.
enum CSVRecordOutcome {
  /// A record that ends before `next`, with so many line ends in it, its own included.
  case complete(next: Int, newlines: Int)
  /// The record goes on behind the bytes at hand; with the place of the quote that is still open.
  case needsMore(openQuote: Int?)
  /// Nothing is left.
  case end
  /// The record breaks the format at an index.
  case broken(index: Int, sentence: String, advice: String?)
}

/// Splits one record of CSV into fields; pure, no I/O.
struct CSVRecordParser {
  static let quote = UInt8(ascii: "\"")
  static let newline = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")

  private let delimiter: UInt8
  private let end: Int
  private let isAtEnd: Bool
  private var index: Int
  private var newlines = 0

  /// Starts at an index of bytes that are valid up to `end`, where the file ends or not.
  init(delimiter: UInt8, start: Int, end: Int, isAtEnd: Bool) {
    self.delimiter = delimiter
    self.end = end
    self.isAtEnd = isAtEnd
    index = start
  }

  /// Reads the record at the start and says where the next one begins.
  mutating func parse(_ bytes: [UInt8], into fields: inout [CSVField]) -> CSVRecordOutcome {
    fields.removeAll(keepingCapacity: true)
    guard index < end else { return isAtEnd ? .end : .needsMore(openQuote: nil) }
    while true {
      let isQuoted = index < end && bytes[index] == Self.quote
      if let stop = isQuoted ? quotedField(bytes, &fields) : plainField(bytes, &fields) {
        return stop
      }
      if index < end, bytes[index] == delimiter {
        index += 1
        continue
      }
      return recordEnd(bytes, afterQuote: isQuoted)
    }
  }

  /// A field without quotes; leaves the index on what follows it.
  private mutating func plainField(
    _ bytes: [UInt8],
    _ fields: inout [CSVField]
  ) -> CSVRecordOutcome? {
    let start = index
    while index < end {
      let byte = bytes[index]
      if byte == delimiter || byte == Self.newline || byte == Self.carriageReturn { break }
      if byte == Self.quote {
        return .broken(
          index: index,
          sentence: "a quote inside a field that does not begin with one",
          advice: "put the whole field in quotes and write each quote in it twice"
        )
      }
      index += 1
    }
    fields.append(CSVField(range: start..<index))
    return index == end && !isAtEnd ? .needsMore(openQuote: nil) : nil
  }

  /// A field in quotes; leaves the index behind the closing one.
  private mutating func quotedField(
    _ bytes: [UInt8],
    _ fields: inout [CSVField]
  ) -> CSVRecordOutcome? {
    let opening = index
    var hasDoubledQuotes = false
    index += 1
    while index < end {
      let byte = bytes[index]
      if byte == Self.newline { newlines += 1 }
      guard byte == Self.quote else {
        index += 1
        continue
      }
      // At the end of the bytes at hand the next one decides whether the quote closes the field.
      if index + 1 == end, !isAtEnd { return .needsMore(openQuote: nil) }
      if index + 1 < end, bytes[index + 1] == Self.quote {
        hasDoubledQuotes = true
        index += 2
        continue
      }
      fields.append(
        CSVField(
          range: opening + 1..<index,
          isQuoted: true,
          hasDoubledQuotes: hasDoubledQuotes
        )
      )
      index += 1
      return nil
    }
    guard isAtEnd else { return .needsMore(openQuote: opening) }
    return .broken(
      index: opening,
      sentence: "the file ends before this quote is closed",
      advice: "the file is cut short, or the quote should not be there"
    )
  }

  private func recordEnd(_ bytes: [UInt8], afterQuote: Bool) -> CSVRecordOutcome {
    guard index < end else { return .complete(next: index, newlines: newlines + 1) }
    if bytes[index] == Self.newline { return .complete(next: index + 1, newlines: newlines + 1) }
    guard bytes[index] == Self.carriageReturn else {
      return .broken(
        index: index,
        sentence: "text after a closing quote",
        advice: "write each quote inside a quoted field twice"
      )
    }
    if index + 1 == end {
      return isAtEnd
        ? .complete(next: end, newlines: newlines + 1) : .needsMore(openQuote: nil)
    }
    if bytes[index + 1] == Self.newline {
      return .complete(next: index + 2, newlines: newlines + 1)
    }
    return .broken(
      index: index,
      sentence: "a carriage return without a line feed",
      advice: "line ends must be LF or CRLF"
    )
  }
}
