import VectorSQL

/// The OIDs that this database gave to types whose OID is not fixed.
struct TypeDirectory {
  private var oids: [SQLType: UInt32] = [:]

  subscript(type: SQLType) -> UInt32? {
    get { oids[type] }
    set { oids[type] = newValue }
  }
}

extension PQConnection {
  /// Looks a type up: pgvector's own wherever the extension is installed, others by the search path.
  mutating func lookUp(_ type: SQLType) throws(PostgresError) -> UInt32 {
    let isArray = type.name.hasSuffix("[]")
    let element = isArray ? String(type.name.dropLast(2)) : type.name
    let rows = try query(
      """
      SELECT coalesce(
        (SELECT CASE WHEN \(isArray) THEN t.typarray ELSE t.oid END
         FROM pg_catalog.pg_extension AS e
         JOIN pg_catalog.pg_depend AS d
           ON d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.refobjid = e.oid
          AND d.classid = 'pg_catalog.pg_type'::regclass
         JOIN pg_catalog.pg_type AS t ON t.oid = d.objid
         WHERE e.extname = 'vector' AND t.typname = \(element)),
        pg_catalog.to_regtype(\(type.name))::oid) AS oid
      """
    )
    guard let oid: UInt32 = try rows.scalar(UInt32?.self) else {
      throw PostgresError(
        .client,
        "type \"\(type.name)\" does not exist in database \"\(database)\"",
        sqlState: .undefinedObject
      )
    }
    types[type] = oid
    return oid
  }
}
