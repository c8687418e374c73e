package import PQClient
import VectorSQL

/// Loads a folder of CSV files, a table each, in one transaction.
///
/// The file `ORDER` names the tables, one a line; `TABLE.csv` holds the rows, with the columns' names in its
/// first line. Whatever else is in the folder is not looked at.
package struct SeedImport: Sendable {
  private let folder: String
  private let existing: ExistingRows

  /// - Parameters:
  ///   - folder: The folder with `ORDER` and the CSV files.
  ///   - existing: What to do with rows that the tables have already.
  package init(folder: String, existing: ExistingRows = .refuse) {
    self.folder = folder
    self.existing = existing
  }

  /// Runs the import.
  ///
  /// - Throws: `ImportError` about the files or the tables, `PostgresError`, or what the observer throws.
  package func run(
    on db: inout PQConnection,
    observer: ImportObserver = { _ in }
  ) throws -> ImportReport {
    let tables = try db.importTables(readOrder(), path: folder)
    return try db.importing { db in
      try db.makeRoom(in: tables, existing, path: folder)
      try db.execute("SET CONSTRAINTS ALL DEFERRED")
      var report = ImportReport()
      for table in tables {
        let file = try CSVTable(path: "\(folder)/\(table.name).csv", table: table)
        let rows = try file.load(into: &db, observer: observer)
        report.tables.append(.init(table: table.name, rows: rows))
      }
      try db.checkReferences(path: folder)
      // Sequences do not roll back, so nothing that can fail comes after them.
      try db.advanceSequences(of: tables)
      return report
    }
  }

  private func readOrder() throws -> [String] {
    let path = folder + "/ORDER"
    let reader = try ByteReader(path: path, what: "the list of tables")
    while try reader.fill() {}
    let text = String(decoding: reader.buffer[reader.start..<reader.end], as: UTF8.self)
    var names: [String] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let name = line.filter { !$0.isWhitespace }
      guard !name.isEmpty, !name.hasPrefix("#") else { continue }
      guard !names.contains(name) else {
        throw ImportError(
          .badData,
          path: path,
          line: index + 1,
          "the table \(name) is listed twice"
        )
      }
      names.append(name)
    }
    guard !names.isEmpty else { throw ImportError(.badData, path: path, "the file is empty") }
    return names
  }
}

extension PQConnection {
  /// Checks the foreign keys that were put off, while the import can still say what they mean.
  mutating func checkReferences(path: String) throws {
    do {
      try execute("SET CONSTRAINTS ALL IMMEDIATE")
    } catch {
      guard error.sqlState?.conditionClass == "23" else { throw error }
      throw ImportError(
        .badData,
        path: path,
        "the rows do not fit together: \(error.message)",
        detail: error.detail,
        advice: "all the tables must be there, or their rows must be in the database already"
      )
    }
  }
}
