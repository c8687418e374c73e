import PQClient

/// Finds the place in a CSV file that an error of the server is about.
///
/// The server counts the rows that it was sent and knows nothing of the file. The file is read again up to
/// that row: only when something is wrong, so that the ordinary run need not remember where rows stood.
struct CSVServerError {
  private let error: PostgresError
  private let path: String
  private let table: ImportTable
  private let columns: [String]

  init(_ error: PostgresError, path: String, table: ImportTable, columns: [String]) {
    self.error = error
    self.path = path
    self.table = table
    self.columns = columns
  }

  /// The error with line and column, if it is about the data; any other error as it was.
  func located() throws -> any Error {
    guard let state = error.sqlState, ["22", "23"].contains(state.conditionClass) else {
      return error
    }
    guard let row = CopyContext(error, table: table.name).row else {
      return ImportError(
        .badData,
        path: path,
        error.message,
        detail: error.detail
      )
    }
    let reader = try CSVReader(path: path)
    while try reader.record < row && reader.next() {}
    if state == .uniqueViolation, let key = try duplicate(of: reader, row) { return key }
    let column = CopyContext(error, table: table.name).column ?? error.objects.column
    return reader.failure(
      "the server refuses this row: \(error.message)",
      at: column.flatMap { fieldIndex(of: $0) }.flatMap { $0 < reader.fields.count ? $0 : nil },
      detail: error.detail
    )
  }

  /// Both lines of a key that stands twice in the file; nil if the file holds it once.
  private func duplicate(of reader: CSVReader, _ row: Int) throws -> ImportError? {
    guard let key = keyColumn, let field = fieldIndex(of: key), field < reader.fields.count else {
      return nil
    }
    let value = reader.text(of: reader.fields[field])
    let earlier = try CSVReader(path: path)
    _ = try earlier.next()
    while try earlier.record < row - 1 && earlier.next() {
      guard field < earlier.fields.count, earlier.text(of: earlier.fields[field]) == value else {
        continue
      }
      return reader.failure(
        "the \(key) \(value) stands twice in the file, first on line \(earlier.line)",
        at: field
      )
    }
    return reader.failure(
      "the table \(table.name) has a row with the \(key) \(value) already",
      at: field,
      advice: "say --replace to delete what is there first"
    )
  }

  /// The column of a key that has only one.
  ///
  /// It stands in the detail: `Key (show_id)=(s1) already exists.`
  private var keyColumn: String? {
    guard let detail = error.detail, let open = detail.firstIndex(of: "("),
      let close = detail.firstIndex(of: ")"), open < close
    else { return nil }
    let name = detail[detail.index(after: open)..<close].filter { $0 != "\"" }
    return columns.contains(name) ? name : nil
  }

  private func fieldIndex(of column: String) -> Int? { columns.firstIndex(of: column) }
}

/// What the context of a COPY error says: `COPY film, line 7, column length: "x"`, in any language.
struct CopyContext {
  /// The number of the row in the data that was sent, from 1.
  var row: Int?
  /// The column.
  var column: String?

  init(_ error: PostgresError, table: String) {
    guard let context = error.context, let name = context.firstRange(of: "COPY \(table), ") else {
      return
    }
    let parts = context[name.upperBound...].prefix { $0 != "\n" && $0 != ":" }
      .split(separator: ",", maxSplits: 1)
    row = parts.first.flatMap { Int($0.filter(\.isNumber)) }
    column = parts.dropFirst().first?.split(separator: " ").last.map(String.init)
  }
}
