import PQClient
import VectorSQL

/// A table that an import fills, as the catalogue of this database describes it.
struct ImportTable: Sendable, Hashable {
  let schema: String
  let name: String
  /// The columns that COPY can fill: not dropped, not generated.
  let columns: [String]

  var identifier: SQLIdentifier { SQLIdentifier(schema: schema, name) }
}

extension PQConnection {
  /// Looks tables up by the search path.
  ///
  /// - Throws: `ImportError` naming the ones that are missing, or `PostgresError`.
  mutating func importTables(_ names: [String], path: String) throws -> [ImportTable] {
    let rows = try query(
      """
      SELECT n.nspname::text AS schema, c.relname::text AS name,
             array_agg(a.attname::text ORDER BY a.attnum) AS columns
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_attribute AS a
        ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      WHERE c.relname = ANY (\(names)) AND c.relkind IN ('r', 'p')
        AND pg_catalog.pg_table_is_visible(c.oid)
      GROUP BY n.nspname, c.relname
      """
    )
    var found: [String: ImportTable] = [:]
    for row in rows {
      let name: String = try row["name"]
      found[name] = ImportTable(schema: try row["schema"], name: name, columns: try row["columns"])
    }
    let missing = names.filter { found[$0] == nil }
    guard missing.isEmpty else {
      throw ImportError(
        .configuration,
        path: path,
        "this database has no table \(missing.joined(separator: ", "))",
        advice: "make the movie database's tables first: dbtool migrate"
      )
    }
    return names.compactMap { found[$0] }
  }

  /// Runs an import in a transaction, one import at a time in a database: two at once would both find
  /// the tables empty, and the second would blame its file for the rows of the first.
  ///
  /// - Throws: `AdvisoryLockTimeout` after a minute, `PostgresError`, or what the closure throws.
  mutating func importing(
    _ body: (inout PQConnection) throws -> ImportReport
  ) throws -> ImportReport {
    try withAdvisoryLock(importLockKey, waitingUpTo: .seconds(60)) { db in
      try db.transaction { db in try body(&db) }
    }
  }

  /// Clears the way for an import as the caller chose; to be called inside its transaction.
  ///
  /// - Throws: `ImportError` if rows are in the way, or `PostgresError`.
  mutating func makeRoom(
    in tables: [ImportTable],
    _ existing: ExistingRows,
    path: String
  ) throws {
    switch existing {
    case .append:
      return
    case .refuse:
      for table in tables
      where try query("SELECT EXISTS (SELECT FROM \(table.identifier))").scalar() {
        let rows: Int = try query("SELECT count(*) FROM \(table.identifier)").scalar()
        throw rowsInTheWay(table.name, rows, path)
      }
    case .replace:
      // TRUNCATE and not DELETE: it leaves no dead rows behind in the tables and their vector indexes. It
      // is never CASCADE, so that a table of somebody else that refers to these stops it.
      let names = tables.map { SQLFragment($0.identifier) }.joined(separator: ", ")
      try execute("TRUNCATE \(names)")
      try forgetEmbeddings(of: tables)
    }
  }

  /// Deletes what the registry remembers of rows that are gone.
  mutating func forgetEmbeddings(of tables: [ImportTable]) throws {
    guard try query("SELECT to_regclass('dbtool.embedding_state') IS NOT NULL").scalar() else {
      return
    }
    for table in tables {
      try execute(
        """
        DELETE FROM dbtool.embedding_state AS state
        USING dbtool.embedding
        WHERE state.embedding_id = embedding.embedding_id
          AND embedding.table_schema = \(table.schema) AND embedding.table_name = \(table.name)
        """
      )
    }
  }
}

/// The advisory lock of an import: the bytes of `dbtoolIM`.
private let importLockKey: Int64 = 0x6462_746F_6F6C_494D

/// The error for tables that have rows when nobody said what to do with them.
func rowsInTheWay(_ table: String, _ rows: Int, _ path: String) -> ImportError {
  ImportError(
    .usage,
    path: path,
    "the table \(table) has \(rows) \(rows == 1 ? "row" : "rows") already; nothing was imported",
    advice: "say --replace to delete what is there first, or --append to add to it"
  )
}
