import PQClient
import VectorSQL

/// Loads the rows of a dump into tables that are there already.
///
/// Of the dump's statements only `COPY table (columns) FROM stdin` and `setval` are understood, and only for
/// these tables and their sequences. Nothing of the file's text is ever sent as SQL.
struct DumpLoader {
  private let reader: DumpReader
  private let tables: [String: ImportTable]
  private var encoding: String?
  private var sequenceValues: [String: Int] = [:]
  private var loaded: [ImportReport.TableCount] = []
  private var loadedLines: [String: Int] = [:]
  private var skippedTables: [String] = []
  private var keywords: Set<String> = []

  init(_ reader: DumpReader, tables: [ImportTable]) {
    self.reader = reader
    self.tables = Dictionary(uniqueKeysWithValues: tables.map { ($0.name, $0) })
  }

  /// Reads the dump to its end; to be called in a transaction.
  ///
  /// - Throws: `ImportError` about the dump, `PostgresError`, or what the observer throws.
  mutating func load(
    into db: inout PQConnection,
    observer: ImportObserver
  ) throws -> ImportReport {
    // The archive lists its tables by name, so rows come before those that they refer to.
    try db.execute("SET CONSTRAINTS ALL DEFERRED")
    while let statement = try nextStatement() {
      try handle(statement, &db, observer)
    }
    guard reader.openDumps <= 0 else { throw reader.cutShort("before pg_dump's last line") }
    guard !loaded.isEmpty else { throw nothingFound() }
    try db.checkReferences(path: reader.path)
    // Sequences do not roll back, so nothing that can fail comes after them.
    let filled = loaded.compactMap { tables[$0.table] }
    try db.advanceSequences(of: filled, atLeast: sequenceValues)
    return ImportReport(tables: loaded, warnings: warnings)
  }

  private func nextStatement() throws -> DumpReader.Statement? {
    do {
      return try reader.next()
    } catch is ImportError where !looksLikeSQL {
      // A text that has nothing of a dump is not cut short; it is something else.
      throw nothingFound()
    }
  }

  private mutating func handle(
    _ statement: DumpReader.Statement,
    _ db: inout PQConnection,
    _ observer: ImportObserver
  ) throws {
    switch DumpStatement(statement.text) {
    case .copy(let copy):
      try take(copy, statement.line, &db, observer)
    case .setSequence(let name, let value):
      sequenceValues[name] = value
    case .clientEncoding(let name):
      keywords.insert("set")
      encoding = try checkedEncoding(name, statement.line, &db)
    case .backslashEscapes(let escapes):
      keywords.insert("set")
      reader.backslashEscapes = escapes
    case .insert(let table) where tables[table] != nil:
      throw failure(
        statement.line,
        "this dump holds its rows as INSERT statements, and nothing in a file is executed",
        advice: "make it without --inserts and --column-inserts, so that it holds COPY blocks"
      )
    case .insert:
      keywords.insert("insert")
    case .other(let keyword):
      if keywords.count < 64 { keywords.insert(keyword) }
    }
  }

  // MARK: Rows

  private mutating func take(
    _ copy: DumpCopy,
    _ line: Int,
    _ db: inout PQConnection,
    _ observer: ImportObserver
  ) throws {
    guard let table = tables[copy.table], copy.schema == nil || copy.schema == "public" else {
      skippedTables.append(copy.displayName)
      return try reader.copyRows { _ in }
    }
    try check(copy, table, line)
    let reader = reader
    let list = copy.columns.map { SQLFragment(SQLIdentifier($0)) }.joined(separator: ", ")
    var sql: SQLFragment = "COPY \(table.identifier) (\(list)) FROM STDIN"
    if let encoding { sql += " (ENCODING \(literal: encoding))" }
    do {
      let rows = try db.copyIn(sql) { writer in
        try reader.copyRows { bytes in
          try writer.write(bytes)
          try observer(reader.progress(table.name))
        }
      }
      loaded.append(.init(table: table.name, rows: rows))
      loadedLines[table.name] = line
    } catch let error as PostgresError {
      throw located(error, table, line)
    }
  }

  private func check(_ copy: DumpCopy, _ table: ImportTable, _ line: Int) throws {
    guard !copy.hasOptions, !copy.columns.isEmpty else {
      throw failure(
        line,
        "the rows of \(copy.displayName) are not in the form that pg_dump writes",
        advice: "make the dump with pg_dump of PostgreSQL 7.3 or newer, without options for COPY"
      )
    }
    guard loadedLines[table.name] == nil else {
      throw failure(line, "the dump holds the rows of \(copy.displayName) twice")
    }
    let foreign = copy.columns.filter { !table.columns.contains($0) }
    guard foreign.isEmpty else {
      throw failure(
        line,
        "this is the dump of another database: \(copy.displayName) has the column "
          + foreign.joined(separator: ", ") + " there",
        advice: "the columns of \(table.name) are: \(table.columns.joined(separator: ", "))"
      )
    }
  }

  /// An error about a row, with the row's place; any other error as it was.
  private func located(_ error: PostgresError, _ table: ImportTable, _ line: Int) -> any Error {
    guard let state = error.sqlState, ["22", "23"].contains(state.conditionClass) else {
      return error
    }
    let row = CopyContext(error, table: table.name).row
    return failure(
      line + (row ?? 0),
      row.map { "the server refuses row \($0) of \(table.name): \(error.message)" }
        ?? error.message,
      detail: error.detail
    )
  }

  // MARK: What is wrong

  private func checkedEncoding(
    _ name: String,
    _ line: Int,
    _ db: inout PQConnection
  ) throws -> String? {
    if name.lowercased() == "utf8" || name.lowercased() == "unicode" { return nil }
    guard try db.query("SELECT pg_char_to_encoding(\(name)) >= 0").scalar() else {
      throw failure(line, "the server does not know the dump's encoding \"\(name)\"")
    }
    return name
  }

  private func nothingFound() -> ImportError {
    if !skippedTables.isEmpty {
      let names = skippedTables.prefix(5).joined(separator: ", ")
      let more = skippedTables.count > 5 ? " and \(skippedTables.count - 5) more" : ""
      return failure(
        nil,
        "this is the dump of another database: it has rows for \(names)\(more)",
        advice: "the tables of the DVDRental sample are film, customer, rental and twelve more"
      )
    }
    guard !looksLikeSQL else {
      return failure(
        nil,
        "this dump holds no rows, only definitions",
        advice: "make it without --schema-only"
      )
    }
    return failure(
      nil,
      "this is no dump of a PostgreSQL database",
      advice: "give an archive or an SQL file made by pg_dump"
    )
  }

  private var looksLikeSQL: Bool {
    let words: Set = ["create", "alter", "set", "comment", "grant", "drop"]
    return reader.openDumps > 0 || !loaded.isEmpty || !skippedTables.isEmpty
      || !keywords.isDisjoint(with: words)
  }

  private var warnings: [String] {
    var warnings: [String] = []
    if !skippedTables.isEmpty {
      warnings.append(
        "tables that are not ours were left out: \(skippedTables.joined(separator: ", "))"
      )
    }
    let absent = tables.keys.filter { loadedLines[$0] == nil }.sorted()
    if !absent.isEmpty {
      warnings.append("the dump holds no rows for: \(absent.joined(separator: ", "))")
    }
    return warnings
  }

  private func failure(
    _ line: Int?,
    _ sentence: String,
    detail: String? = nil,
    advice: String? = nil
  ) -> ImportError {
    ImportError(
      .badData,
      path: reader.path,
      line: line,
      sentence,
      detail: detail,
      advice: advice
    )
  }
}
