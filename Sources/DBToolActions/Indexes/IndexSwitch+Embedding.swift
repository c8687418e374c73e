import PGCatalog
import PQClient
import VectorSQL

/// What happens to indexes while many vectors are written.
extension IndexSwitch {
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
        guard let name = embedding.wantedIndexName else { continue }
        let existing = try TableIndex.approximate(
          schema: embedding.vectorSchema,
          table: embedding.vectorTable,
          column: embedding.vectorColumn,
          on: &db
        )
        guard existing.contains(where: { $0.name == name }) else { continue }
        var statements: [String] = []
        try drop(SQLIdentifier(schema: embedding.vectorSchema, name), &statements, on: &db)
        dropped.append(name)
      }
      return dropped
    }
  }

  /// Builds the indexes that the registry asks for and that are not there, but those that the rows are too few
  /// for.
  ///
  /// - Parameters:
  ///   - embeddings: Embeddings, with or without an index.
  ///   - db: A connection outside a transaction.
  /// - Returns: What was built, and how long that took.
  /// - Throws: As ``run(on:)``.
  static func restore(
    _ embeddings: [RegisteredEmbedding],
    on db: inout PQConnection
  ) throws -> [(index: String, duration: Duration)] {
    var built: [(index: String, duration: Duration)] = []
    for embedding in embeddings {
      guard let kind = embedding.wantedIndex else { continue }
      let start = ContinuousClock.now
      let columns = try VectorColumn.read(tables: [embedding.vectors.sql], on: &db)
      guard let column = columns.first(where: { $0.name == embedding.vectorColumn }) else {
        continue
      }
      let table = try NamedTable.find(embedding.vectors.sql, on: &db)
      let indexed = IndexedColumn(column: column, kind: table.kind, embedding: embedding)
      if kind.variant == .ivfflat,
        indexed.refusal(of: kind, vectors: try indexed.vectors(on: &db)) != nil
      {
        continue
      }
      let outcome = try IndexSwitch(indexed, to: kind).run(on: &db)
      if outcome.built, let index = outcome.index {
        built.append((index, start.duration(to: .now)))
      }
    }
    return built
  }
}
