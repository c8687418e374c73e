public import PQClient
import VectorSQL

/// An index on a table, as far as a nearest-neighbour search cares.
public struct TableIndex: Sendable, Hashable {
  /// The index's name.
  public let name: String
  /// The access method: `hnsw`, `ivfflat`, `btree`.
  public let method: String
  /// The definition as SQL.
  public let definition: String
  /// Whether the planner may use it; an interrupted concurrent build leaves an index that is not.
  public let isValid: Bool
  /// The size on disk in bytes.
  public let bytes: Int

  /// Reads the indexes whose first column or expression names a column.
  ///
  /// - Parameters:
  ///   - schema: The table's schema.
  ///   - table: The table.
  ///   - column: The vector column.
  ///   - db: The connection.
  /// - Returns: The approximate (HNSW and IVFFlat) indexes on that column, by name.
  /// - Throws: `PostgresError` from the server.
  public static func approximate(
    schema: String,
    table: String,
    column: String,
    on db: inout PQConnection
  ) throws(PostgresError) -> [TableIndex] {
    let rows = try db.query(
      """
      SELECT i.relname, m.amname, pg_get_indexdef(i.oid) AS definition, x.indisvalid,
             pg_relation_size(i.oid) AS bytes
      FROM pg_catalog.pg_index AS x
      JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
      JOIN pg_catalog.pg_am AS m ON m.oid = i.relam
      JOIN pg_catalog.pg_class AS c ON c.oid = x.indrelid
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_depend AS d
        ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.oid AND d.refobjid = c.oid
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
      WHERE n.nspname = \(schema) AND c.relname = \(table) AND a.attname = \(column)
        AND m.amname IN ('hnsw', 'ivfflat')
      ORDER BY i.relname
      """
    )
    var indexes: [TableIndex] = []
    for row in rows {
      indexes.append(
        TableIndex(
          name: try row["relname"],
          method: try row["amname"],
          definition: try row["definition"],
          isValid: try row["indisvalid"],
          bytes: try row["bytes"]
        )
      )
    }
    return indexes
  }
}
