import PGCatalog
import PQClient
import VectorSQL

/// A vector column that a search could take: from the registry, or from the catalogue alone.
struct EmbeddingCandidate {
  /// The rows that the vectors are of.
  let rows: SQLIdentifier
  /// Their key's column, nil for the primary key.
  let key: String?
  /// The table of the vectors.
  let vectors: SQLIdentifier
  /// The column of that table that holds the rows' key, nil for their key itself.
  let vectorKey: String?
  /// The vector column.
  let column: VectorColumn
  /// Its row in the registry, nil where nobody registered the column.
  let embedding: RegisteredEmbedding?
  /// The encoder that the column's name speaks of, where there is no registry to ask.
  let convention: String?
  /// Whether the registry knows of vectors in it.
  let isUsed: Bool
  /// What was measured of indexes on the column.
  let tunings: [SearchTuning]

  /// The name that tells its vectors' meaning: those of an unregistered column only meet themselves.
  var label: String { name ?? vectors.appending(column.name).sql }

  /// The encoder's name in the registry, nil where nobody registered the column.
  var encoder: String? { embedding?.encoder }

  /// The encoder's name, nil where nothing says it.
  var name: String? { encoder ?? convention }

  /// The rows' table as a person names it.
  var shownRows: String {
    rows.shown
  }

  /// Whether a person who writes `--encoder NAME` may mean this one.
  func isNamed(_ name: String) -> Bool {
    let place = vectors.appending(column.name)
    return [self.name, column.name, place.sql, place.shown].contains(name)
  }

  /// Finds all of them: those of the registry in its order, then the other vector columns.
  ///
  /// Without a registry, or rights to read it, there is the catalogue, and `embedding_NAME` speaks of NAME.
  static func findAll(on db: inout PQConnection) throws -> [EmbeddingCandidate] {
    let columns = try VectorColumn.readAll(on: &db)
    let registry = try registry(on: &db)
    let registered = (registry ?? []).compactMap {
      embedding,
      isUsed,
      tunings -> EmbeddingCandidate? in
      let column = columns.first {
        ($0.schema, $0.table, $0.name)
          == (embedding.vectorSchema, embedding.vectorTable, embedding.vectorColumn)
      }
      return column.map { column in
        EmbeddingCandidate(
          rows: embedding.source,
          key: embedding.key,
          vectors: embedding.vectors,
          vectorKey: embedding.vectorKey,
          column: column,
          embedding: embedding,
          convention: nil,
          isUsed: isUsed,
          tunings: tunings
        )
      }
    }
    let known = Set(registered.map(\.column))
    let parents = try parents(of: columns.filter { !known.contains($0) }, on: &db)
    let others = parents.map { column, parent in
      let vectors = SQLIdentifier(schema: column.schema, column.table)
      return EmbeddingCandidate(
        rows: parent?.table ?? vectors,
        key: parent?.key,
        vectors: vectors,
        vectorKey: parent?.column,
        column: column,
        embedding: nil,
        convention: registry == nil ? Self.encoder(namedBy: column.name) : nil,
        isUsed: false,
        tunings: []
      )
    }
    return registered + others
  }

  private static func encoder(namedBy column: String) -> String? {
    let prefix = "embedding_"
    return column.hasPrefix(prefix) ? String(column.dropFirst(prefix.count)) : nil
  }

  /// A column of the registry, whether it knows of vectors in it, and what was measured of its indexes.
  typealias Registered = (embedding: RegisteredEmbedding, isUsed: Bool, tunings: [SearchTuning])

  /// The registry's embeddings; nil where it cannot be read.
  static func registry(on db: inout PQConnection) throws -> [Registered]? {
    let readable = try db.query(
      """
      SELECT coalesce(
        has_schema_privilege(to_regnamespace('dbtool')::oid, 'USAGE')
          AND has_table_privilege(to_regclass('dbtool.embedding')::oid, 'SELECT')
          AND has_table_privilege(to_regclass('dbtool.embedding_state')::oid, 'SELECT')
          AND has_table_privilege(to_regclass('dbtool.encoder')::oid, 'SELECT'),
        false
      ) AS registry, coalesce(
        has_schema_privilege(to_regnamespace('dbtool')::oid, 'USAGE')
          AND has_table_privilege(to_regclass('dbtool.tuning')::oid, 'SELECT'),
        false
      ) AS tunings
      """
    )
    guard let row = readable.first, try row["registry"] else { return nil }
    // A registry of an earlier dbtool has none.
    let hasTunings: Bool = try row["tunings"]
    let results = try db.pipeline(
      [
        RegisteredEmbedding.statement,
        """
        SELECT embedding_id
        FROM dbtool.embedding
        WHERE EXISTS (
          SELECT FROM dbtool.embedding_state
          WHERE embedding_state.embedding_id = embedding.embedding_id
        )
        """,
      ].map { SQLStatement($0) } + (hasTunings ? [SearchTuning.all] : [])
    )
    let tunings = hasTunings ? try SearchTuning.list(results[2]) : [:]
    let used = Set(try results[1].map { try $0["embedding_id"] as Int })
    return try RegisteredEmbedding.list(results[0]).map {
      ($0, used.contains($0.id), tunings[$0.id] ?? [])
    }
  }

  private typealias Parent = (table: SQLIdentifier, key: String, column: String)

  /// A table whose primary key is also a foreign key holds vectors beside the rows of another.
  private static func parents(
    of columns: [VectorColumn],
    on db: inout PQConnection
  ) throws -> [(VectorColumn, Parent?)] {
    guard !columns.isEmpty else { return [] }
    let rows = try db.query(
      """
      SELECT n.nspname, c.relname, a.attname, pn.nspname AS parent_schema, p.relname AS parent,
             pa.attname AS parent_key
      FROM pg_catalog.pg_constraint AS k
      JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_index AS x
        ON x.indrelid = c.oid AND x.indisprimary AND x.indnkeyatts = 1 AND x.indkey[0] = k.conkey[1]
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
      JOIN pg_catalog.pg_class AS p ON p.oid = k.confrelid
      JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
      JOIN pg_catalog.pg_attribute AS pa ON pa.attrelid = p.oid AND pa.attnum = k.confkey[1]
      WHERE k.contype = 'f' AND cardinality(k.conkey) = 1
        AND (n.nspname || '.' || c.relname) = ANY (\(columns.map { "\($0.schema).\($0.table)" }))
      """
    )
    var parents: [SQLIdentifier: Parent] = [:]
    for row in rows {
      let side = SQLIdentifier(schema: try row["nspname"], try row["relname"])
      parents[side] = (
        SQLIdentifier(schema: try row["parent_schema"], try row["parent"]),
        try row["parent_key"], try row["attname"]
      )
    }
    return columns.map { ($0, parents[SQLIdentifier(schema: $0.schema, $0.table)]) }
  }
}
