import PQClient
import VectorSQL

/// A table that an import fills, as the catalogue of this database describes it.
struct ImportTable: Sendable, Hashable {
  /// A sequence that numbers one of the columns.
  struct Sequence: Sendable, Hashable {
    let schema: String
    let name: String
    let column: String
    var identifier: SQLIdentifier { SQLIdentifier(schema: schema, name) }
  }

  let oid: Int
  let schema: String
  let name: String
  /// The columns that COPY can fill: not dropped, not generated.
  let columns: [String]
  let sequences: [Sequence]

  var identifier: SQLIdentifier { SQLIdentifier(schema: schema, name) }
}

extension PQConnection {
  /// Looks tables up by the search path.
  ///
  /// - Throws: `ImportError` naming the ones that are missing, or `PostgresError`.
  mutating func importTables(_ names: [String], path: String) throws -> [ImportTable] {
    let sequences = try importSequences(names)
    let rows = try query(
      """
      SELECT c.oid::bigint AS oid, n.nspname::text AS schema, c.relname::text AS name,
             array_agg(a.attname::text ORDER BY a.attnum) AS columns
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_attribute AS a
        ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      WHERE c.relname = ANY (\(names)) AND c.relkind IN ('r', 'p')
        AND pg_catalog.pg_table_is_visible(c.oid)
      GROUP BY c.oid, n.nspname, c.relname
      """
    )
    var found: [String: ImportTable] = [:]
    for row in rows {
      let oid: Int = try row["oid"]
      let name: String = try row["name"]
      found[name] = ImportTable(
        oid: oid,
        schema: try row["schema"],
        name: name,
        columns: try row["columns"],
        sequences: sequences[oid] ?? []
      )
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

  /// The sequences behind identity columns, serial columns and defaults, by table.
  private mutating func importSequences(
    _ names: [String]
  ) throws -> [Int: [ImportTable.Sequence]] {
    let rows = try query(
      """
      SELECT c.oid::bigint AS oid, n.nspname::text AS schema, s.relname::text AS name,
             a.attname::text AS column
      FROM pg_catalog.pg_class AS c
      JOIN (
        SELECT d.refobjid AS table_oid, d.refobjsubid AS attnum, d.objid AS sequence_oid
        FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass
          AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
        UNION
        SELECT f.adrelid, f.adnum, d.refobjid
        FROM pg_catalog.pg_attrdef AS f
        JOIN pg_catalog.pg_depend AS d
          ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = f.oid
         AND d.refclassid = 'pg_catalog.pg_class'::regclass
      ) AS link ON link.table_oid = c.oid
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = link.attnum
      JOIN pg_catalog.pg_class AS s ON s.oid = link.sequence_oid AND s.relkind = 'S'
      JOIN pg_catalog.pg_namespace AS n ON n.oid = s.relnamespace
      WHERE c.relname = ANY (\(names)) AND pg_catalog.pg_table_is_visible(c.oid)
      ORDER BY c.oid, a.attnum
      """
    )
    var found: [Int: [ImportTable.Sequence]] = [:]
    for row in rows {
      let sequence = ImportTable.Sequence(
        schema: try row["schema"],
        name: try row["name"],
        column: try row["column"]
      )
      found[try row["oid"], default: []].append(sequence)
    }
    return found
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

  /// Sets the sequences of a table to its largest numbers, or to what the file says if that is more.
  mutating func advanceSequences(
    of table: ImportTable,
    atLeast values: [String: Int] = [:]
  ) throws {
    for sequence in table.sequences {
      let floor = values[sequence.name] ?? 0
      try query(
        """
        SELECT pg_catalog.setval(\(literal: sequence.identifier.sql)::regclass, last)
        FROM (
          SELECT greatest(max(\(ident: sequence.column)), \(floor)) AS last
          FROM \(table.identifier)
        ) AS numbers
        WHERE last > 0
        """
      )
    }
  }
}

/// The error for tables that have rows when nobody said what to do with them.
func rowsInTheWay(_ table: String, _ rows: Int, _ path: String) -> ImportError {
  ImportError(
    .usage,
    path: path,
    "the table \(table) has \(rows) \(rows == 1 ? "row" : "rows") already; nothing was imported",
    advice: "say --replace to delete what is there first, or --append to add to it"
  )
}
