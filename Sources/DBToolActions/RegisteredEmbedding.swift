public import PQClient
public import VectorSQL

/// A row of the registry: a vector column, the encoder that fills it and the index that it should have.
public struct RegisteredEmbedding: Sendable, Hashable {
  /// The row's number in `dbtool.embedding`.
  public let id: Int
  /// The schema of the embedded table.
  public let schema: String
  /// The embedded table.
  public let table: String
  /// Its unique key's column.
  public let key: String
  /// The schema of the table that holds the vectors.
  public let vectorSchema: String
  /// The table that holds the vectors: a side table, or the embedded table itself.
  public let vectorTable: String
  /// The unique column of that table that holds the key of the embedded row.
  public let vectorKey: String
  /// The vector column.
  public let vectorColumn: String
  /// The encoder's name.
  public let encoder: String
  /// The metric that the encoder's vectors are made for.
  public let metric: DistanceMetric
  /// The index variant that the column should have, as the registry writes it.
  public let indexVariant: String

  /// The index that the column should have, nil for none, or one that only a newer dbtool knows.
  var wantedIndex: IndexKind? {
    let kind = IndexKind(registered: indexVariant, of: metric)
    return kind?.variant == .exact ? nil : kind
  }

  /// The name of the index that it should have.
  var wantedIndexName: String? {
    wantedIndex?.indexName(table: vectorTable, column: vectorColumn)
  }

  /// Whether this is the embedded table's name as people write it: bare or with its schema, quoted or not.
  func isOf(table name: String) -> Bool {
    [table, "\(schema).\(table)", SQLIdentifier.quoted(table), source.sql].contains(name)
  }

  /// Whether the vectors stand in a table of their own.
  public var hasSideTable: Bool { (vectorSchema, vectorTable) != (schema, table) }

  /// The table that holds the vectors, as a statement names it.
  public var vectors: SQLIdentifier { SQLIdentifier(schema: vectorSchema, vectorTable) }

  /// The embedded table, as a statement names it.
  public var source: SQLIdentifier { SQLIdentifier(schema: schema, table) }

  // What the search path finds is named without its schema, as a person would.
  var vectorsTable: Table {
    Table(vectorTable, schema: vectorSchema == "public" ? nil : vectorSchema)
  }

  var sourceTable: Table { Table(table, schema: schema == "public" ? nil : schema) }

  /// The embedded table as a person names it.
  public var shownTable: String {
    schema == "public" ? table : SQLIdentifier(schema: schema, table).sql
  }

  /// Reads the registry.
  ///
  /// - Parameters:
  ///   - encoder: Only embeddings of this encoder.
  ///   - table: Only embeddings of this table, by its bare or qualified name.
  ///   - db: The connection.
  /// - Returns: The rows in the order of their numbers, at least one.
  /// - Throws: ``ActionError`` where nothing fits, saying what there is; `PostgresError` from the server.
  public static func find(
    encoder: String?,
    table: String?,
    on db: inout PQConnection
  ) throws -> [RegisteredEmbedding] {
    let all = try readAll(on: &db)
    guard !all.isEmpty else { throw ActionError.emptyRegistry(of: db.database) }
    let ofEncoder = all.filter { encoder == nil || $0.encoder == encoder }
    guard !ofEncoder.isEmpty else {
      let known = Set(all.map(\.encoder)).sorted().joined(separator: ", ")
      throw ActionError(
        .notFound,
        "no encoder \"\(encoder ?? "")\" with a column in the registry of database \"\(db.database)\"",
        advice: "the registry has: \(known)"
      )
    }
    let found = ofEncoder.filter { embedding in table.map(embedding.isOf) ?? true }
    guard found.isEmpty else { return found }
    let tables = Set(ofEncoder.map(\.shownTable)).sorted().joined(separator: ", ")
    throw ActionError(
      .notFound,
      encoder.map { "encoder \"\($0)\" has no column in table \"\(table ?? "")\"" }
        ?? "no encoder has a column in table \"\(table ?? "")\"",
      advice: "there is one in: \(tables)"
    )
  }

  /// The text that a row is embedded from, nil for a row that has none.
  ///
  /// - Throws: ``ActionError`` where there is no such row; `PostgresError` from the server, for example
  ///   where the template names a column that the table does not have.
  public func text(ofRow key: String, on db: inout PQConnection) throws -> String? {
    let rows: String = try db.query("SELECT dbtool.embedding_rows(\(id))").scalar()
    let found = try db.query(
      """
      SELECT item.content FROM (\(unsafeRaw: rows)) AS item WHERE item.key::text = \(key)
      """
    )
    guard let row = found.first else {
      throw ActionError(
        .notFound,
        "table \(shownTable) has no row whose \(self.key) is \"\(key)\""
      )
    }
    return try row["content"]
  }

  /// Reads the embeddings whose vectors stand in the same table as another's.
  ///
  /// - Throws: ``ActionError`` where there is no registry; `PostgresError` from the server.
  static func sharingTable(
    with embedding: RegisteredEmbedding,
    on db: inout PQConnection
  ) throws -> [RegisteredEmbedding] {
    try readAll(on: &db).filter { $0.vectors == embedding.vectors }
  }

  /// Reads the whole registry, in the order of the rows' numbers.
  static func readAll(on db: inout PQConnection) throws -> [RegisteredEmbedding] {
    try list(db.queryRegistry(statement))
  }

  /// The query of the whole registry.
  static let statement: SQLFragment = """
    SELECT embedding_id, table_schema, table_name, key_column,
           coalesce(vector_schema, table_schema) AS vector_schema,
           coalesce(vector_table, table_name) AS vector_table,
           coalesce(vector_key, key_column) AS vector_key,
           vector_column, encoder, index_variant,
           (SELECT metric FROM dbtool.encoder WHERE encoder.name = embedding.encoder) AS metric
    FROM dbtool.embedding
    ORDER BY embedding_id
    """

  /// The rows of ``statement``.
  static func list(_ rows: PQResult) throws -> [RegisteredEmbedding] {
    try rows.map { row in
      let metric: String = try row["metric"]
      return RegisteredEmbedding(
        id: try row["embedding_id"],
        schema: try row["table_schema"],
        table: try row["table_name"],
        key: try row["key_column"],
        vectorSchema: try row["vector_schema"],
        vectorTable: try row["vector_table"],
        vectorKey: try row["vector_key"],
        vectorColumn: try row["vector_column"],
        encoder: try row["encoder"],
        metric: DistanceMetric(rawValue: metric) ?? .cosine,
        indexVariant: try row["index_variant"]
      )
    }
  }
}
