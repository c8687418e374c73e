/// Reads CSV (RFC 4180) record by record, with the place of everything that is wrong.
///
/// This is our own because the packages for it hold the whole file in memory and cannot say where a
/// field stood; here a file of any size needs one buffer, and an error names line and column.
///
/// What the format leaves open is decided as PostgreSQL's own `COPY … (FORMAT csv)` does: line ends may be
/// LF or CRLF, quotes may hold delimiters and line ends, two quotes in quotes stand for one. A quote in the
/// middle of a field is refused, where PostgreSQL guesses.
package final class CSVReader {
  /// No record of a catalogue is as long; a quote that is never closed is found after this many bytes.
  static let longestRecord = 1 << 20

  /// Between the fields; found in the first line.
  package let delimiter: UInt8
  /// The fields of the current record.
  package private(set) var fields: [CSVField] = []
  /// The line on which the current record begins.
  package private(set) var line = 1
  /// The current record's number: 0 for the header.
  private(set) var record = -1
  private let input: ByteReader
  private var recordStart = 0
  private var nextLine = 1

  /// Opens a CSV file and finds its delimiter in the first line.
  ///
  /// - Throws: `ImportError` if the file cannot be read, is empty or is UTF-16.
  package init(path: String) throws {
    input = try ByteReader(path: path, what: "a CSV file")
    _ = try input.fill()
    let bytes = input.buffer[..<input.end]
    guard !bytes.starts(with: [0xFE, 0xFF]), !bytes.starts(with: [0xFF, 0xFE]) else {
      throw ImportError(
        .badData,
        path: path,
        line: 1,
        "the file is UTF-16, not UTF-8",
        advice: "convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW_FILE"
      )
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { input.start = 3 }
    guard input.start < input.end else {
      throw ImportError(.badData, path: path, "the file is empty")
    }
    delimiter = Self.findDelimiter(bytes[input.start...])
  }

  /// The file as the caller named it.
  var path: String { input.path }

  /// How far the file is read.
  func progress(_ table: String) -> ImportProgress { input.progress(table) }

  /// The most frequent of comma, semicolon and tab outside quotes in the first line; comma if none.
  private static func findDelimiter(_ bytes: ArraySlice<UInt8>) -> UInt8 {
    var counts = [(UInt8(ascii: ","), 0), (UInt8(ascii: ";"), 0), (UInt8(ascii: "\t"), 0)]
    var inQuotes = false
    for byte in bytes {
      if byte == CSVRecordParser.quote { inQuotes.toggle() }
      guard !inQuotes else { continue }
      if byte == CSVRecordParser.newline { break }
      for index in counts.indices where counts[index].0 == byte { counts[index].1 += 1 }
    }
    return counts.reduce(counts[0]) { $1.1 > $0.1 ? $1 : $0 }.0
  }

  /// Moves to the next record; empty lines are passed over.
  ///
  /// - Returns: false at the end of the file.
  /// - Throws: `ImportError` where the quoting is broken or the bytes are not UTF-8 text.
  package func next() throws -> Bool {
    while true {
      var parser = CSVRecordParser(
        delimiter: delimiter,
        start: input.start,
        end: input.end,
        isAtEnd: input.isAtEnd
      )
      switch parser.parse(input.buffer, into: &fields) {
      case .complete(let next, let newlines):
        try checkText(input.start..<next)
        recordStart = input.start
        line = nextLine
        nextLine += newlines
        input.start = next
        if fields.count == 1, fields[0].range.isEmpty, !fields[0].isQuoted { continue }
        record += 1
        return true
      case .needsMore(let openQuote):
        guard input.end - input.start < Self.longestRecord else { throw tooLong(openQuote) }
        _ = try input.fill()
      case .end:
        return false
      case .broken(let index, let sentence, let advice):
        // If the bytes are no text at all, that is the better thing to say.
        try checkText(input.start..<index)
        throw unread(sentence, at: index, advice)
      }
    }
  }

  /// Appends a field's bytes in the escaped form of COPY's text format.
  func appendCopyText(_ field: CSVField, to out: inout [UInt8]) {
    if field.range.isEmpty {
      if !field.isQuoted { out += CopyText.null }
      return
    }
    CopyText.append(
      input.buffer,
      field.range,
      undoublingQuotes: field.hasDoubledQuotes,
      to: &out
    )
  }

  /// A field's bytes as they stand in the file.
  func bytes(of field: CSVField) -> ArraySlice<UInt8> { input.buffer[field.range] }

  /// A field's content, for headers and messages.
  package func text(of field: CSVField) -> String {
    let text = String(decoding: bytes(of: field), as: UTF8.self)
    guard field.hasDoubledQuotes else { return text }
    return text.split(separator: "\"\"", omittingEmptySubsequences: false).joined(separator: "\"")
  }

  /// An error about the current record, or about one of its fields.
  func failure(
    _ sentence: String,
    at field: Int? = nil,
    detail: String? = nil,
    advice: String? = nil
  ) -> ImportError {
    var error = ImportError(
      .badData,
      path: path,
      line: line,
      sentence,
      detail: detail,
      advice: advice
    )
    guard let field else { return error }
    let start = fields[field].range.lowerBound - (fields[field].isQuoted ? 1 : 0)
    let place = place(of: start, from: recordStart, line: line)
    (error.line, error.column) = place
    return error
  }

  // MARK: What is wrong before a record is whole

  private func tooLong(_ openQuote: Int?) -> ImportError {
    guard let openQuote else {
      return unread("this line is longer than 1 MB", at: input.start, nil)
    }
    return unread("this quote is not closed within 1 MB", at: openQuote, nil)
  }

  private func checkText(_ range: Range<Int>) throws {
    let bytes = input.buffer
    guard let index = UTF8Check.firstInvalid(in: bytes.span, range) else { return }
    let byte = bytes[index]
    guard byte != 0 else { throw unread("a NUL byte: this is no text file", at: index, nil) }
    throw unread(
      "the byte 0x\(String(byte, radix: 16, uppercase: true)) is not UTF-8",
      at: index,
      "if the file is Latin-1, convert it: iconv -f LATIN1 -t UTF-8 FILE > NEW_FILE"
    )
  }

  private func unread(_ sentence: String, at index: Int, _ advice: String?) -> ImportError {
    let place = place(of: index, from: input.start, line: nextLine)
    return ImportError(
      .badData,
      path: path,
      line: place.line,
      column: place.column,
      sentence,
      advice: advice
    )
  }

  private func place(of index: Int, from start: Int, line: Int) -> (line: Int, column: Int) {
    var line = line
    var column = 1
    for byte in input.buffer[start..<index] {
      if byte == CSVRecordParser.newline {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return (line, column)
  }
}
