import PQClient
import VectorSQL

/// A CSV file whose header has been matched with the columns of a table, ready to be loaded.
struct CSVTable {
  /// Columns without a name, as spreadsheets add them, are not loaded and must be empty.
  private enum Column { case loaded, mustBeEmpty }

  let table: ImportTable
  /// The table's columns in the order of the file.
  let columns: [String]
  private let reader: CSVReader
  private let layout: [Column]
  private let path: String

  /// Opens a file and reads its header.
  ///
  /// - Parameters:
  ///   - path: The CSV file.
  ///   - table: The table to fill.
  ///   - renames: Names that some editions give to columns, with the table's own; lower case.
  ///   - required: The columns that the file must have, and no others; nil for any of the table's.
  /// - Throws: `ImportError` about the file or its header.
  init(
    path: String,
    table: ImportTable,
    renames: [String: String] = [:],
    required: [String]? = nil
  ) throws {
    let reader = try CSVReader(path: path)
    guard try reader.next() else {
      throw ImportError(.badData, path: path, "the file holds no header line")
    }
    let known = required ?? table.columns
    let names = try Self.matchHeader(reader, known: known, renames: renames)
    let missing = (required ?? []).filter { !names.contains($0) }
    guard missing.isEmpty else {
      let what = missing.count == 1 ? "column is" : "columns are"
      throw ImportError(
        .badData,
        path: path,
        line: 1,
        "the \(what) missing: \(missing.joined(separator: ", "))",
        detail: "The first line names: "
          + names.compactMap { $0 }.joined(separator: ", "),
        advice: "the first line must name the columns; their order does not matter"
      )
    }
    self.path = path
    self.table = table
    self.reader = reader
    columns = names.compactMap { $0 }
    layout = names.map { $0 == nil ? .mustBeEmpty : .loaded }
  }

  /// The table's column for each field of the header; nil for a field without a name.
  private static func matchHeader(
    _ reader: CSVReader,
    known: [String],
    renames: [String: String]
  ) throws -> [String?] {
    var names: [String?] = []
    for (index, field) in reader.fields.enumerated() {
      let written = reader.text(of: field)
      let name = normalized(written)
      guard !name.isEmpty else {
        names.append(nil)
        continue
      }
      let column = renames[name] ?? name
      guard known.contains(column) else {
        throw reader.failure(
          "unknown column \"\(written)\"",
          at: index,
          advice: "the columns are: \(known.joined(separator: ", "))"
        )
      }
      guard !names.contains(column) else {
        throw reader.failure("the column \"\(column)\" is named twice", at: index)
      }
      names.append(column)
    }
    return names
  }

  /// A header's name without the blanks and capitals that differ from edition to edition.
  private static func normalized(_ name: String) -> String {
    let words = name.split { $0 == " " || $0 == "\t" || $0 == "\u{A0}" }
    return words.joined(separator: "_").lowercased()
  }

  /// Sends the rows to the server.
  ///
  /// - Returns: The number of rows.
  /// - Throws: `ImportError` with line and column, `PostgresError`, or what the observer throws.
  func load(into db: inout PQConnection, observer: ImportObserver) throws -> Int {
    let list = columns.map { SQLFragment(SQLIdentifier($0)) }.joined(separator: ", ")
    do {
      return try db.copyIn("COPY \(table.identifier) (\(list)) FROM STDIN") { writer in
        try sendRows(to: &writer, observer: observer)
      }
    } catch let error as PostgresError {
      throw try CSVServerError(error, path: path, table: table, columns: columns).located()
    }
  }

  private func sendRows(
    to writer: inout CopyInWriter,
    observer: ImportObserver
  ) throws {
    let messageSize = 64 * 1024
    var out: [UInt8] = []
    out.reserveCapacity(2 * messageSize)
    var reported = 0
    while try reader.next() {
      try appendRow(to: &out)
      guard out.count >= messageSize else { continue }
      try out.withUnsafeBytes { try writer.write($0) }
      out.removeAll(keepingCapacity: true)
      let progress = reader.progress(table.name)
      if progress.bytesRead > reported {
        reported = progress.bytesRead
        try observer(progress)
      }
    }
    try writer.write(out)
    try observer(reader.progress(table.name))
  }

  private func appendRow(to out: inout [UInt8]) throws {
    guard reader.fields.count == layout.count else { throw wrongFieldCount() }
    var isFirst = true
    for (index, field) in reader.fields.enumerated() {
      guard layout[index] == .loaded else {
        guard field.range.isEmpty else {
          throw reader.failure("text in a column that has no name in the first line", at: index)
        }
        continue
      }
      if !isFirst { out.append(CopyText.tab) }
      isFirst = false
      reader.appendCopyText(field, to: &out)
    }
    out.append(CopyText.newline)
  }

  private func wrongFieldCount() -> ImportError {
    let count = reader.fields.count
    return reader.failure(
      "this row has \(count) \(count == 1 ? "field" : "fields"), the first line names \(layout.count)",
      at: min(count, layout.count + 1) - 1,
      advice: "a field that holds the delimiter must stand in quotes"
    )
  }
}
