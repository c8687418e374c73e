public import PQClient
public import VectorSQL

/// A column of one of pgvector's dense types, as the catalogue has it.
public struct VectorColumn: Sendable, Hashable {
  /// The table's schema.
  public let schema: String
  /// The table.
  public let table: String
  /// The column.
  public let name: String
  /// The type.
  public let storage: VectorStorage
  /// The dimension that the type declares (`pg_attribute.atttypmod`), nil where it declares none.
  public let dimension: Int?

  /// Reads the vector columns of tables and views that the search path finds.
  ///
  /// Types are compared with the extension's own, wherever it is installed; without pgvector there are
  /// no such columns, and no error.
  ///
  /// - Returns: The columns in the order of their tables and of their place in the table.
  /// - Throws: `PostgresError` from the server.
  public static func read(
    tables: [String],
    on db: inout PQConnection
  ) throws(PostgresError) -> [VectorColumn] {
    let rows = try db.query(
      """
      SELECT n.nspname, c.relname, a.attname, t.typname, a.atttypmod
      FROM unnest(\(tables)) WITH ORDINALITY AS wanted (name, place)
      JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(wanted.name)
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
      JOIN pg_catalog.pg_depend AS d
        ON d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'
       AND d.refclassid = 'pg_catalog.pg_extension'::regclass
      JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'vector'
      WHERE t.typname IN ('vector', 'halfvec')
      ORDER BY wanted.place, a.attnum
      """
    )
    var columns: [VectorColumn] = []
    for row in rows {
      let modifier: Int = try row["atttypmod"]
      let type: String = try row["typname"]
      guard let storage = VectorStorage(rawValue: type) else { continue }
      columns.append(
        VectorColumn(
          schema: try row["nspname"],
          table: try row["relname"],
          name: try row["attname"],
          storage: storage,
          dimension: modifier > 0 ? modifier : nil
        )
      )
    }
    return columns
  }
}
