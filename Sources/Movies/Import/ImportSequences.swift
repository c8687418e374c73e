import PQClient
import VectorSQL

extension PQConnection {
  /// Sets the sequences of tables to the largest numbers in them, or to what a file says if that is more.
  ///
  /// - Parameters:
  ///   - tables: The tables that were filled.
  ///   - values: What the file says, by the sequence's name.
  /// - Throws: `PostgresError`.
  mutating func advanceSequences(
    of tables: [ImportTable],
    atLeast values: [String: Int] = [:]
  ) throws {
    for row in try sequences(of: tables.map(\.name)) {
      let name: String = try row["sequence"]
      let sequence = SQLIdentifier(schema: try row["sequence_schema"], name)
      let table = SQLIdentifier(schema: try row["table_schema"], try row["table"])
      let column: String = try row["column"]
      try query(
        """
        SELECT pg_catalog.setval(\(literal: sequence.sql)::regclass, last)
        FROM (
          SELECT greatest(max(\(ident: column)), \(values[name] ?? 0)) AS last
          FROM \(table)
        ) AS numbers
        WHERE last > 0
        """
      )
    }
  }

  /// The sequences behind identity columns, serial columns and defaults.
  private mutating func sequences(of tables: [String]) throws(PostgresError) -> PQResult {
    try query(
      """
      SELECT tn.nspname::text AS table_schema, t.relname::text AS table, a.attname::text AS column,
             sn.nspname::text AS sequence_schema, s.relname::text AS sequence
      FROM (
        SELECT refobjid AS table_oid, refobjsubid AS attnum, objid AS sequence_oid
        FROM pg_catalog.pg_depend
        WHERE classid = 'pg_catalog.pg_class'::regclass
          AND refclassid = 'pg_catalog.pg_class'::regclass AND deptype IN ('a', 'i')
        UNION
        SELECT f.adrelid, f.adnum, d.refobjid
        FROM pg_catalog.pg_attrdef AS f
        JOIN pg_catalog.pg_depend AS d
          ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = f.oid
         AND d.refclassid = 'pg_catalog.pg_class'::regclass
      ) AS link
      JOIN pg_catalog.pg_class AS t ON t.oid = link.table_oid
      JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.relnamespace
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = link.attnum
      JOIN pg_catalog.pg_class AS s ON s.oid = link.sequence_oid AND s.relkind = 'S'
      JOIN pg_catalog.pg_namespace AS sn ON sn.oid = s.relnamespace
      WHERE t.relname = ANY (\(tables)) AND pg_catalog.pg_table_is_visible(t.oid)
      ORDER BY t.relname, a.attnum
      """
    )
  }
}
