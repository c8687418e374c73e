public import PQClient
public import VectorSQL

/// What the server knows of a table without reading it.
public struct TableState: Sendable, Hashable {
  /// What it is.
  public let kind: TableDescription.Kind
  /// The columns that this role may read.
  public let readableColumns: Set<String>
  /// The rows by its last VACUUM or ANALYZE or by the statistics since, whichever are more.
  ///
  /// It is nil where nobody ever counted, and for a view.
  public let rows: Int?
  /// Rows that the statistics count as live.
  public let liveRows: Int
  /// Rows that were deleted or replaced, and that no VACUUM has removed yet.
  public let deadRows: Int

  /// Asks the catalogue and the statistics; partitioned tables are the sum of their partitions.
  ///
  /// - Parameters:
  ///   - tables: The tables with their schemas.
  ///   - db: The connection.
  /// - Returns: The state of each table that is there.
  /// - Throws: `PostgresError` from the server.
  public static func read(
    _ tables: [SQLIdentifier],
    on db: inout PQConnection
  ) throws(PostgresError) -> [SQLIdentifier: TableState] {
    let rows = try db.query(
      """
      SELECT wanted.place, root.relkind::text,
             ARRAY(
               SELECT a.attname::text
               FROM pg_catalog.pg_attribute AS a
               WHERE a.attrelid = root.oid AND a.attnum > 0 AND NOT a.attisdropped
                 AND has_column_privilege(root.oid, a.attnum, 'SELECT')
                 AND has_schema_privilege(root.relnamespace, 'USAGE')
             ) AS readable,
             files.rows, files.live, files.dead
      FROM unnest(\(tables.map { $0.parts[0] }), \(tables.map { $0.parts[1] }))
        WITH ORDINALITY AS wanted (schema, name, place)
      -- Not by to_regclass, which fails for a schema that the role may not use.
      JOIN pg_catalog.pg_namespace AS wn ON wn.nspname = wanted.schema
      JOIN pg_catalog.pg_class AS root ON root.relnamespace = wn.oid AND root.relname = wanted.name
      CROSS JOIN LATERAL (
        SELECT greatest(sum(nullif(c.reltuples, -1))::bigint,
                        nullif(sum(pg_stat_get_live_tuples(c.oid)), 0)::bigint) AS rows,
               coalesce(sum(pg_stat_get_live_tuples(c.oid)), 0)::bigint AS live,
               coalesce(sum(pg_stat_get_dead_tuples(c.oid)), 0)::bigint AS dead
        FROM pg_catalog.pg_class AS c
        WHERE c.relkind IN ('r', 'm', 'f')
          AND (c.oid = root.oid OR c.oid IN (SELECT t.relid FROM pg_partition_tree(root.oid) AS t))
      ) AS files
      """
    )
    var states: [SQLIdentifier: TableState] = [:]
    for row in rows {
      let place: Int = try row["place"]
      states[tables[place - 1]] = try TableState(row)
    }
    return states
  }

  private init(_ row: PQRow) throws(PostgresError) {
    let letter: String = try row["relkind"]
    let columns: [String] = try row["readable"]
    kind = TableDescription.Kind(rawValue: letter) ?? .table
    readableColumns = Set(columns)
    rows = try row["rows"]
    deadRows = try row["dead"]
    liveRows = try row["live"]
  }
}
