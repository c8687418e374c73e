public import PQClient
import VectorSQL

/// An enum type, as the catalogue has it.
public struct EnumType: Sendable, Hashable {
  /// The type as SQL spells it: with its schema where the search path does not find it.
  public let type: String
  /// The schema.
  public let schema: String
  /// The bare name.
  public let name: String
  /// The labels in their order.
  public let labels: [String]

  /// Reads the enum types of all schemas.
  ///
  /// - Returns: The types by schema and name.
  /// - Throws: `PostgresError` from the server.
  public static func readAll(on db: inout PQConnection) throws(PostgresError) -> [EnumType] {
    let rows = try db.query(
      """
      SELECT format_type(t.oid, NULL) AS type, n.nspname, t.typname,
             array_agg(e.enumlabel::text ORDER BY e.enumsortorder) AS labels
      FROM pg_catalog.pg_type AS t
      JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
      JOIN pg_catalog.pg_enum AS e ON e.enumtypid = t.oid
      GROUP BY t.oid, n.nspname, t.typname
      ORDER BY n.nspname, t.typname
      """
    )
    var types: [EnumType] = []
    for row in rows {
      types.append(
        EnumType(
          type: try row["type"],
          schema: try row["nspname"],
          name: try row["typname"],
          labels: try row["labels"]
        )
      )
    }
    return types
  }
}
