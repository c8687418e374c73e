public import PQClient
public import VectorSQL

/// An approximate index (HNSW or IVFFlat), as far as a nearest-neighbour search cares.
public struct TableIndex: Sendable, Hashable {
  /// The index's name.
  public let name: String
  /// The schema of the index and of what it is on.
  public let schema: String
  /// The one partition that it is on, where the partitioned table as a whole has no such index.
  public let partition: String?
  /// The column that it is on, or that its expression is about.
  public let column: String
  /// The expression that it is on, nil where that is the column itself.
  public let expression: String?
  /// The condition of the rows in it, nil for all rows.
  public let predicate: String?
  /// The access method: `hnsw` or `ivfflat`.
  public let method: String
  /// The operator class, which says what the index can serve: `vector_cosine_ops`.
  public let operatorClass: String
  /// The storage parameters that were given: `lists`, `m`, `ef_construction`.
  public let options: [String: String]
  /// The definition as SQL.
  public let definition: String
  /// Whether the planner may use it; an interrupted concurrent build leaves an index that is not.
  public let isValid: Bool
  /// Whether a session is building it, as far as this role may see that.
  public let isBeingBuilt: Bool
  /// The size on disk in bytes, over all partitions.
  public let bytes: Int
  /// The rows in it when PostgreSQL last counted: as it was built, or by the last VACUUM or ANALYZE since.
  public let tuples: Int
  /// The vectors that dbtool built it from, which its comment says; nil where dbtool did not build it.
  public let builtFrom: Int?
  /// The scans that have used it, over all partitions, since the statistics were last reset.
  public let scans: Int

  /// The name with its schema.
  public var identifier: SQLIdentifier { SQLIdentifier(schema: schema, name) }

  /// What it can serve, as pgvector names it in the operator class: `cosine`, `l2`, `hamming`.
  public var metricName: String {
    let parts = operatorClass.split(separator: "_")
    return parts.count == 3 && parts[2] == "ops" ? String(parts[1]) : operatorClass
  }

  /// The distance of dense vectors that it can serve, nil for those of bits.
  public var metric: DistanceMetric? { DistanceMetric(rawValue: metricName) }

  /// Whether it holds every vector of the column as it is, and a plain search can be served by it.
  public var isOnWholeColumn: Bool { expression == nil && predicate == nil && partition == nil }

  /// Reads the approximate indexes on one column of a table.
  ///
  /// - Parameters:
  ///   - schema: The table's schema.
  ///   - table: The table.
  ///   - column: The vector column.
  ///   - db: The connection.
  /// - Returns: The indexes whose first column or expression names the column, by name; those that only a
  ///   partition has are left out.
  /// - Throws: `PostgresError` from the server.
  public static func approximate(
    schema: String,
    table: String,
    column: String,
    on db: inout PQConnection
  ) throws(PostgresError) -> [TableIndex] {
    try approximate(on: SQLIdentifier(schema: schema, table), on: &db)
      .filter { $0.column == column && $0.partition == nil }
  }

  /// Reads the approximate indexes of a table, with those that only one of its partitions has.
  ///
  /// - Parameters:
  ///   - table: The table with its schema.
  ///   - db: The connection.
  /// - Returns: The indexes by name.
  /// - Throws: `PostgresError` from the server; a table that somebody has locked is waited for.
  public static func approximate(
    on table: SQLIdentifier,
    on db: inout PQConnection
  ) throws(PostgresError) -> [TableIndex] {
    let rows = try db.query(
      """
      SELECT i.relname, n.nspname, CASE WHEN c.oid <> root.oid THEN c.relname END AS partition,
             a.attname, m.amname, opc.opcname, i.reloptions, pg_get_indexdef(i.oid) AS definition,
             CASE WHEN x.indkey[0] = 0 THEN pg_get_indexdef(i.oid, 1, true) END AS expression,
             pg_get_expr(x.indpred, x.indrelid, true) AS predicate, x.indisvalid,
             EXISTS (
               SELECT FROM pg_catalog.pg_stat_progress_create_index AS p WHERE p.index_relid = i.oid
             ) AS is_being_built,
             files.bytes, files.tuples, files.scans,
             substring(obj_description(i.oid, 'pg_class') FROM '^dbtool: built from ([0-9]+) ')::bigint AS built_from
      FROM pg_catalog.pg_class AS root
      JOIN pg_catalog.pg_namespace AS rn ON rn.oid = root.relnamespace
      CROSS JOIN LATERAL (
        SELECT root.oid UNION SELECT t.relid FROM pg_partition_tree(root.oid) AS t
      ) AS part
      JOIN pg_catalog.pg_class AS c ON c.oid = part.oid
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_index AS x ON x.indrelid = c.oid
      JOIN pg_catalog.pg_class AS i
        ON i.oid = x.indexrelid AND (c.oid = root.oid OR NOT i.relispartition)
      JOIN pg_catalog.pg_am AS m ON m.oid = i.relam AND m.amname IN ('hnsw', 'ivfflat')
      JOIN pg_catalog.pg_opclass AS opc ON opc.oid = x.indclass[0]
      JOIN pg_catalog.pg_attribute AS a
        ON a.attrelid = c.oid
        AND (
          a.attnum = x.indkey[0]
          -- What an expression reads is only known together with what the predicate reads.
          OR x.indkey[0] = 0
            AND strpos(pg_get_indexdef(i.oid, 1, true), quote_ident(a.attname)) > 0
            AND EXISTS (
              SELECT
              FROM pg_catalog.pg_depend AS d
              WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.oid
                AND d.refobjid = c.oid AND d.refobjsubid = a.attnum
            )
        )
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(pg_relation_size(f.oid)), 0)::bigint AS bytes,
               coalesce(sum(greatest(f.reltuples, 0)), 0)::bigint AS tuples,
               coalesce(sum(pg_stat_get_numscans(f.oid)), 0)::bigint AS scans
        FROM pg_catalog.pg_class AS f
        WHERE f.relkind = 'i'
          AND (f.oid = i.oid OR f.oid IN (SELECT t.relid FROM pg_partition_tree(i.oid) AS t))
      ) AS files
      WHERE rn.nspname = \(table.parts[0]) AND root.relname = \(table.parts[1])
      ORDER BY i.relname
      """
    )
    var indexes: [TableIndex] = []
    for row in rows { indexes.append(try TableIndex(row)) }
    return indexes
  }

  private init(_ row: PQRow) throws(PostgresError) {
    name = try row["relname"]
    schema = try row["nspname"]
    partition = try row["partition"]
    column = try row["attname"]
    expression = try row["expression"]
    predicate = try row["predicate"]
    method = try row["amname"]
    operatorClass = try row["opcname"]
    definition = try row["definition"]
    isValid = try row["indisvalid"]
    isBeingBuilt = try row["is_being_built"]
    bytes = try row["bytes"]
    tuples = try row["tuples"]
    builtFrom = try row["built_from"]
    scans = try row["scans"]
    let given: [String]? = try row["reloptions"]
    options = Dictionary(
      (given ?? []).map { option in
        let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
        return (parts[0], parts.count == 2 ? parts[1] : "")
      },
      uniquingKeysWith: { $1 }
    )
  }
}
