/// What to do when the tables that an import fills have rows already.
package enum ExistingRows: Sendable, Hashable {
  /// Stop, and say so.
  case refuse
  /// Delete them, their embeddings included, in the transaction that loads the new ones.
  case replace
  /// Keep them and add to them.
  case append
}

/// What an import did.
package struct ImportReport: Sendable, Hashable {
  /// A table and the number of rows that came into it.
  package struct TableCount: Sendable, Hashable {
    /// The table's name.
    package let table: String
    /// How many rows were loaded.
    package let rows: Int
  }

  /// The tables in the order in which they were filled.
  package var tables: [TableCount] = []
  /// What a user should know although the import went through; one sentence each.
  package var warnings: [String] = []

  /// All rows of all tables.
  package var rows: Int { tables.reduce(0) { $0 + $1.rows } }

  /// The rows loaded into one table; 0 if it was not touched.
  package func rows(of table: String) -> Int {
    tables.lazy.filter { $0.table == table }.reduce(0) { $0 + $1.rows }
  }
}

/// How far an import has come.
package struct ImportProgress: Sendable, Hashable {
  /// The table that is being filled.
  package var table: String
  /// Bytes read so far.
  package var bytesRead: Int
  /// Bytes to read; nil where only the program that unpacks the archive knows.
  package var bytesTotal: Int?
}

/// Called every few hundred kilobytes; throwing from it stops the import and rolls it back.
package typealias ImportObserver = (ImportProgress) throws -> Void
