public import PGCatalog
public import PQClient
public import VectorSQL

/// A vector column whose indexes are looked at or changed, with what the registry says of it.
public struct IndexedColumn: Sendable {
  /// The column.
  public let column: VectorColumn
  /// What its table is.
  public let kind: TableDescription.Kind
  /// Its row in the registry, nil where nobody registered it.
  public let embedding: RegisteredEmbedding?

  /// The metric that its vectors are made for.
  public var metric: DistanceMetric { embedding?.metric ?? .cosine }

  /// The column as a person names it.
  public var shown: String { "\(column.holder.shown).\(SQLIdentifier.quoted(column.name))" }

  /// The table that the command line knows it by.
  public var shownTable: String { embedding?.shownTable ?? column.holder.shown }

  /// The name that the command line knows it by.
  public var shownEncoder: String { embedding?.encoder ?? column.name }

  /// Finds columns by the encoder that fills them, or by their own name.
  ///
  /// - Parameters:
  ///   - encoder: An encoder of the registry, or a vector column.
  ///   - table: The embedded table, or the one that holds the vectors.
  ///   - db: The connection.
  /// - Returns: The columns, at least one.
  /// - Throws: ``ActionError`` where there is none, saying what there is; `PostgresError` from the server.
  public static func find(
    encoder: String,
    table: String,
    on db: inout PQConnection
  ) throws -> [IndexedColumn] {
    let candidates = try EmbeddingCandidate.findAll(on: &db)
    let known = Set(candidates.map(\.shownRows)).sorted()
    let named = try NamedTable.find([table], searching: [table], among: known, on: &db)[0]
    try VectorExtension.require(on: &db)
    try VectorExtension.makeVisible(on: &db)
    try checkRegistry(encoder, table, candidates, on: &db)
    let found = try SearchChoices.candidates(
      candidates,
      of: named,
      named: encoder,
      in: db.database
    )
    return try found.map { candidate in
      let kind =
        candidate.vectors == named.identifier
        ? named.kind : try NamedTable.find(candidate.vectors.sql, on: &db).kind
      return IndexedColumn(
        column: candidate.column,
        kind: kind,
        embedding: candidate.embedding
      )
    }
  }

  /// Lists the vector columns of a table, or of all tables.
  ///
  /// - Throws: ``ActionError`` where there is no such table; `PostgresError` from the server.
  static func all(of table: String?, on db: inout PQConnection) throws -> [IndexedColumn] {
    let named = try table.map { try NamedTable.find($0, on: &db).identifier }
    let found = try EmbeddingCandidate.findAll(on: &db).filter {
      named == nil || $0.vectors == named || $0.rows == named
    }
    let states = try TableState.read(Array(Set(found.map(\.vectors))), on: &db)
    return found.map { candidate in
      IndexedColumn(
        column: candidate.column,
        kind: states[candidate.vectors]?.kind ?? .table,
        embedding: candidate.embedding
      )
    }
    .sorted { ($0.column.holder.sql, $0.column.name) < ($1.column.holder.sql, $1.column.name) }
  }

  /// A column of the registry that is not there is no column that was misspelt.
  private static func checkRegistry(
    _ encoder: String,
    _ table: String,
    _ candidates: [EmbeddingCandidate],
    on db: inout PQConnection
  ) throws {
    let registered = try EmbeddingCandidate.registry(on: &db) ?? []
    for (embedding, _, _) in registered
    where embedding.encoder == encoder && embedding.isOf(table: table) {
      guard !candidates.contains(where: { $0.embedding?.id == embedding.id }) else { continue }
      throw ActionError(
        .configuration,
        "table \(embedding.vectors.sql) has no vector column \"\(embedding.vectorColumn)\"",
        advice: "run dbtool migrate; the registry names a column that is not there"
      )
    }
  }

  // MARK: Its indexes

  /// The name of an index on it that dbtool makes.
  func name(of kind: IndexKind) -> String? {
    kind.indexName(table: column.table, column: column.name)
  }

  /// Whether an index on it is dbtool's, by its name.
  func isOurs(_ index: TableIndex) -> Bool {
    index.partition == nil
      && IndexKind.allNames(table: column.table, column: column.name).contains(index.name)
  }

  /// Whether an index on it is what an interrupted REINDEX CONCURRENTLY of one of dbtool's has left.
  func isLeftover(_ index: TableIndex) -> Bool {
    guard !index.isValid, index.partition == nil else { return false }
    return isOurs(index)
      || IndexKind.allNames(table: column.table, column: column.name)
        .contains { index.isTransient(of: $0) }
  }

  /// The approximate indexes on it.
  ///
  /// - Throws: `PostgresError` from the server.
  func indexes(on db: inout PQConnection) throws(PostgresError) -> [TableIndex] {
    try TableIndex.approximate(
      schema: column.schema,
      table: column.table,
      column: column.name,
      on: &db
    )
  }
}

extension TableIndex {
  /// Whether it is the copy that REINDEX CONCURRENTLY makes of an index of this name: `NAME_ccnew`, `NAME_ccold1`, the
  /// name cut to 63 bytes.
  func isTransient(of name: String) -> Bool {
    for suffix in ["_ccnew", "_ccold"] {
      guard let place = self.name.ranges(of: suffix).last else { continue }
      let number = self.name[place.upperBound...]
      guard number.allSatisfy(\.isNumber) else { continue }
      let stem = String(self.name[..<place.lowerBound])
      return stem == name || self.name.utf8.count == 63 && name.hasPrefix(stem)
    }
    return false
  }
}
