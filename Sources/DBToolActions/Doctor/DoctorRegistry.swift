import PQClient
import VectorSQL

/// The registry as a reader finds it who may not be allowed to.
enum DoctorRegistry {
  /// There is none in this database.
  case absent
  /// There is one that this role may not read.
  case unreadable
  /// What it says.
  case read([RegisteredEncoder], [RegisteredEmbedding])

  /// Reads it.
  static func read(on db: inout PQConnection) throws -> DoctorRegistry {
    let found = try db.query(
      """
      SELECT count(*) AS tables,
             coalesce(
               bool_and(has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')), false
             ) AS is_readable
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname = 'dbtool' AND c.relname IN ('encoder', 'embedding')
      """
    )[0]
    guard try found["tables"] == 2 else { return .absent }
    guard try found["is_readable"] else { return .unreadable }
    return .read(
      try RegisteredEncoder.readAll(on: &db),
      try RegisteredEmbedding.readAll(on: &db)
    )
  }

  var encoders: [RegisteredEncoder] {
    if case .read(let encoders, _) = self { encoders } else { [] }
  }

  var embeddings: [RegisteredEmbedding] {
    if case .read(_, let embeddings) = self { embeddings } else { [] }
  }
}
