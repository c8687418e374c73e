public import PQClient
import VectorSQL

/// The column that a person knows a table's rows by.
public enum LabelColumn {
  /// A text column: `title`, `name` or `label` where there is one, else the first that is not the key.
  ///
  /// - Parameters:
  ///   - table: The table as a statement names it.
  ///   - key: Its key's column.
  ///   - db: The connection.
  /// - Returns: The column's name, nil where the table has no text.
  /// - Throws: `PostgresError` from the server.
  public static func find(
    table: String,
    key: String,
    on db: inout PQConnection
  ) throws(PostgresError) -> String? {
    let rows = try db.query(
      """
      SELECT a.attname
      FROM pg_catalog.pg_attribute AS a
      WHERE a.attrelid = to_regclass(\(table)) AND a.attnum > 0 AND NOT a.attisdropped
        AND a.attname <> \(key)
        AND a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype)
      ORDER BY a.attname IN ('title', 'name', 'label') DESC, a.attnum
      LIMIT 1
      """
    )
    return try rows.first?["attname"]
  }
}
