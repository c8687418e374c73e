import PGCatalog
public import PQClient
import VectorSQL

/// The index that an embedding has: none, or one of the variants in `sql/indexes/`.
public enum IndexVariant: String, Sendable, CaseIterable {
  /// No index: every row is compared.
  case exact
  /// HNSW for cosine distance.
  case hnsw

  /// What switching did.
  public struct Outcome: Sendable {
    /// The table that holds the vectors.
    public let table: String
    /// The index that is there now, nil for none.
    public let index: String?
    /// Whether it had to be built.
    public let built: Bool
    /// The indexes of dbtool's that went.
    public let dropped: [String]
    /// The SQL that ran, in order.
    public let statements: [String]
  }

  /// Gives an embedding this variant: builds the index concurrently, notes it in the registry, drops
  /// the one before.
  ///
  /// A build that was interrupted leaves an index that is not valid; one of ours is dropped and built
  /// again, a foreign one is left alone.
  ///
  /// - Parameters:
  ///   - embedding: The embedding, from the registry.
  ///   - db: A connection outside a transaction.
  /// - Returns: What was done.
  /// - Throws: ``ActionError`` where the dimension is beyond the index's; `AdvisoryLockTimeout` where
  ///   another session switches for a minute; `PostgresError`.
  public func use(
    for embedding: RegisteredEmbedding,
    on db: inout PQConnection
  ) throws -> Outcome {
    try VectorExtension.require(on: &db)
    try VectorExtension.makeVisible(on: &db)
    return try db.withAdvisoryLock(Self.lockKey, waitingUpTo: .seconds(60)) { db in
      try switched(embedding, on: &db)
    }
  }

  /// The advisory lock of whoever switches an index, so that two at once do not build the same: the
  /// bytes of `dbtoolIX`.
  private static let lockKey: Int64 = 0x6462_746F_6F6C_4958

  private func switched(
    _ embedding: RegisteredEmbedding,
    on db: inout PQConnection
  ) throws -> Outcome {
    let wanted = indexName(for: embedding)
    let existing = try TableIndex.approximate(
      schema: embedding.vectorSchema,
      table: embedding.vectorTable,
      column: embedding.vectorColumn,
      on: &db
    )
    let ours = Set(Self.allCases.compactMap { $0.indexName(for: embedding) })
    var statements: [String] = []
    var dropped: [String] = []
    let valid = existing.contains { $0.name == wanted && $0.isValid }
    if let wanted, !valid {
      let column = try indexableColumn(of: embedding, on: &db)
      for leftover in existing where leftover.name == wanted {
        dropped.append(leftover.name)
        try Self.drop(leftover.name, embedding, &statements, on: &db)
      }
      let create = definition(index: wanted, embedding: embedding, storage: column.storage)
      statements.append(create)
      try db.executeScript(create)
    }
    let note: SQLFragment = """
      UPDATE dbtool.embedding SET index_variant = \(rawValue)
      WHERE embedding_id = \(embedding.id) AND index_variant <> \(rawValue)
      """
    try db.execute(note)
    for index in existing where index.name != wanted && ours.contains(index.name) {
      dropped.append(index.name)
      try Self.drop(index.name, embedding, &statements, on: &db)
    }
    return Outcome(
      table: embedding.shownTable,
      index: wanted,
      built: wanted != nil && !valid,
      dropped: dropped,
      statements: statements
    )
  }

  /// Drops the indexes of dbtool's on a table of vectors before many of them change: one that exists
  /// meanwhile makes the writing fifty times slower.
  ///
  /// The registry still says that they must exist, so that ``restore(_:on:)`` makes them again, in this
  /// run or, should it be killed, in the next.
  ///
  /// - Parameters:
  ///   - embeddings: Every embedding whose vectors stand in that table.
  ///   - db: A connection outside a transaction.
  /// - Returns: The indexes dropped.
  /// - Throws: `AdvisoryLockTimeout` where another session builds one for a minute; `PostgresError`.
  static func suspend(
    _ embeddings: [RegisteredEmbedding],
    on db: inout PQConnection
  ) throws -> [String] {
    // Whoever builds an index waits for a statement that would drop it, which waits for the building.
    try db.withAdvisoryLock(lockKey, waitingUpTo: .seconds(60)) { db in
      var dropped: [String] = []
      for embedding in embeddings {
        guard
          let name = IndexVariant(rawValue: embedding.indexVariant)?.indexName(for: embedding)
        else { continue }
        let existing = try TableIndex.approximate(
          schema: embedding.vectorSchema,
          table: embedding.vectorTable,
          column: embedding.vectorColumn,
          on: &db
        )
        guard existing.contains(where: { $0.name == name }) else { continue }
        var statements: [String] = []
        try drop(name, embedding, &statements, on: &db)
        dropped.append(name)
      }
      return dropped
    }
  }

  /// Builds the indexes that the registry asks for and that are not there.
  ///
  /// - Parameters:
  ///   - embeddings: Embeddings, with or without an index.
  ///   - db: A connection outside a transaction.
  /// - Returns: What was built, and how long that took.
  /// - Throws: As ``use(for:on:)``.
  static func restore(
    _ embeddings: [RegisteredEmbedding],
    on db: inout PQConnection
  ) throws -> [(index: String, duration: Duration)] {
    var built: [(index: String, duration: Duration)] = []
    for embedding in embeddings {
      guard let variant = IndexVariant(rawValue: embedding.indexVariant), variant != .exact else {
        continue
      }
      let start = ContinuousClock.now
      let outcome = try variant.use(for: embedding, on: &db)
      if outcome.built, let index = outcome.index {
        built.append((index, start.duration(to: .now)))
      }
    }
    return built
  }

  /// The name of the variant's index: table, column and variant, within PostgreSQL's 63 bytes.
  func indexName(for embedding: RegisteredEmbedding) -> String? {
    switch self {
    case .exact: return nil
    case .hnsw:
      let stem = "\(embedding.vectorTable)_\(embedding.vectorColumn)"
      let suffix = "_hnsw_cosine"
      var cut = stem
      while cut.utf8.count > 63 - suffix.utf8.count { cut.removeLast() }
      return cut + suffix
    }
  }

  private func definition(
    index: String,
    embedding: RegisteredEmbedding,
    storage: VectorStorage
  ) -> String {
    String(decoding: PackageResources.hnsw_sql, as: UTF8.self)
      .split(separator: "\n").filter { !$0.hasPrefix("--") }.joined(separator: "\n")
      .replacingPlaceholders([
        "{index}": SQLIdentifier(index).sql,
        "{table}": embedding.vectors.sql,
        "{column}": SQLIdentifier(embedding.vectorColumn).sql,
        "{operators}": DistanceMetric.cosine.operatorClass(for: storage),
      ])
  }

  private func indexableColumn(
    of embedding: RegisteredEmbedding,
    on db: inout PQConnection
  ) throws -> VectorColumn {
    let columns = try VectorColumn.read(tables: [embedding.vectors.sql], on: &db)
    guard let column = columns.first(where: { $0.name == embedding.vectorColumn }) else {
      throw ActionError(
        .configuration,
        "table \(embedding.vectors.sql) has no vector column \"\(embedding.vectorColumn)\"",
        advice: "run dbtool migrate; the registry names a column that is not there"
      )
    }
    let most = column.storage.maximumIndexedDimension
    guard let dimension = column.dimension, dimension <= most else {
      throw ActionError(
        .usage,
        "\(embedding.vectors.sql).\(column.name) has \(column.dimension.map(String.init) ?? "no fixed number of") "
          + "dimensions; an HNSW index on \(column.storage.rawValue) takes at most \(most)",
        advice: "keep it exact, or store it as halfvec, which takes up to 4000"
      )
    }
    return column
  }

  private static func drop(
    _ name: String,
    _ embedding: RegisteredEmbedding,
    _ statements: inout [String],
    on db: inout PQConnection
  ) throws(PostgresError) {
    // Another run may have dropped it since it was seen.
    let sql =
      "DROP INDEX CONCURRENTLY IF EXISTS \(SQLIdentifier(schema: embedding.vectorSchema, name).sql)"
    statements.append(sql)
    try db.executeScript(sql)
  }
}

extension String {
  /// Replaces each placeholder once it stands in the template; values are never searched again.
  fileprivate func replacingPlaceholders(_ values: [String: String]) -> String {
    var out = ""
    var rest = self[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      out += rest[..<open]
      let placeholder = String(rest[open...close])
      out += values[placeholder] ?? placeholder
      rest = rest[rest.index(after: close)...]
    }
    return out + rest
  }
}
