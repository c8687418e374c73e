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
  /// The approximate indexes on it, or on copies of its vectors, that the planner may use.
  public let indexes: [ServingIndex]
  /// Whether it takes no NULL.
  public let isRequired: Bool

  /// The table with its schema.
  public var holder: SQLIdentifier { SQLIdentifier(schema: schema, table) }

  /// Reads the vector columns of tables and views that the search path finds.
  ///
  /// - Returns: The columns in the order of their tables and of their place in the table.
  /// - Throws: `PostgresError` from the server.
  public static func read(
    tables: [String],
    on db: inout PQConnection
  ) throws(PostgresError) -> [VectorColumn] {
    try read(
      of: """
        unnest(\(tables)) WITH ORDINALITY AS wanted (name, place)
        JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(wanted.name)
        """,
      order: "wanted.place",
      on: &db
    )
  }

  /// Reads the vector columns of all tables, views and the like, but dbtool's own and the parts of
  /// partitioned tables.
  ///
  /// - Returns: The columns by schema, table and place in the table.
  /// - Throws: `PostgresError` from the server.
  public static func readAll(on db: inout PQConnection) throws(PostgresError) -> [VectorColumn] {
    try read(
      of: "pg_catalog.pg_class AS c",
      where: """

        AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
        AND n.nspname <> 'dbtool' AND n.nspname !~ '^pg_'
        """,
      order: "n.nspname, c.relname",
      on: &db
    )
  }

  /// A type's name is unique in its schema, so what has the name and stands where the extension does is
  /// the extension's own; without pgvector there are no such columns, and no error.
  private static func read(
    of relations: SQLFragment,
    where condition: SQLFragment = "",
    order: SQLFragment,
    on db: inout PQConnection
  ) throws(PostgresError) -> [VectorColumn] {
    let rows = try db.query(
      """
      SELECT n.nspname, c.relname, a.attname, t.typname, a.atttypmod, a.attnotnull,
             \(ServingIndex.subselect) AS indexes
      FROM \(relations)
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
      WHERE t.typname IN ('vector', 'halfvec')
        AND t.typnamespace = (
          SELECT e.extnamespace FROM pg_catalog.pg_extension AS e WHERE e.extname = 'vector'
        )\(condition)
      ORDER BY \(order), a.attnum
      """
    )
    var columns: [VectorColumn] = []
    for row in rows {
      let modifier: Int = try row["atttypmod"]
      let type: String = try row["typname"]
      let found: [String] = try row["indexes"]
      guard let storage = VectorStorage(rawValue: type) else { continue }
      columns.append(
        VectorColumn(
          schema: try row["nspname"],
          table: try row["relname"],
          name: try row["attname"],
          storage: storage,
          dimension: modifier > 0 ? modifier : nil,
          indexes: found.compactMap(ServingIndex.init),
          isRequired: try row["attnotnull"]
        )
      )
    }
    return columns
  }
}
