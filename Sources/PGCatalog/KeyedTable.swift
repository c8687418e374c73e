public import PQClient
public import VectorSQL

/// A table or view with the columns that tell its rows apart.
public struct KeyedTable: Sendable, Hashable {
  /// The schema.
  public let schema: String
  /// The name.
  public let name: String
  /// The columns of the primary key, none where there is no such key.
  public let key: [String]

  /// The table as a statement names it.
  public var identifier: SQLIdentifier { SQLIdentifier(schema: schema, name) }

  /// Finds tables by a name as people write it: bare where the search path finds it, or with its schema;
  /// quoted or not.
  ///
  /// - Returns: The tables, views and the like of that name; more than one only where a quoted name and a
  ///   plain one look alike.
  /// - Throws: `PostgresError` from the server.
  public static func find(
    _ name: String,
    on db: inout PQConnection
  ) throws(PostgresError) -> [KeyedTable] {
    let rows = try db.query(
      """
      SELECT n.nspname, c.relname,
             ARRAY(
               SELECT a.attname::text
               FROM pg_catalog.pg_index AS x
               CROSS JOIN unnest(x.indkey) WITH ORDINALITY AS part (attnum, place)
               JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = part.attnum
               WHERE x.indrelid = c.oid AND x.indisprimary
               ORDER BY part.place
             ) AS key
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
        AND (
          \(name) IN (n.nspname || '.' || c.relname, format('%I.%I', n.nspname, c.relname))
          OR pg_catalog.pg_table_is_visible(c.oid) AND \(name) IN (c.relname, quote_ident(c.relname))
        )
      ORDER BY 1, 2
      """
    )
    var tables: [KeyedTable] = []
    for row in rows {
      tables.append(
        KeyedTable(schema: try row["nspname"], name: try row["relname"], key: try row["key"])
      )
    }
    return tables
  }

  /// The column of this table that refers to another table's key, by a foreign key of one column.
  ///
  /// - Returns: The column's name, nil where there is none.
  /// - Throws: `PostgresError` from the server.
  public func column(
    referringTo other: KeyedTable,
    on db: inout PQConnection
  ) throws(PostgresError) -> String? {
    let rows = try db.query(
      """
      SELECT a.attname
      FROM pg_catalog.pg_constraint AS k
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
      WHERE k.contype = 'f' AND cardinality(k.conkey) = 1
        AND k.conrelid = to_regclass(\(identifier.sql))
        AND k.confrelid = to_regclass(\(other.identifier.sql))
      ORDER BY a.attnum
      LIMIT 1
      """
    )
    return try rows.first?["attname"]
  }
}
