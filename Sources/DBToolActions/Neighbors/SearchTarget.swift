public import PGCatalog
public import PQClient
public import VectorSQL

/// A table of anybody's with vectors, as a search needs it: found in the catalogue, and in the registry
/// where that knows it.
public struct SearchTarget: Sendable {
  /// The rows that are searched.
  public private(set) var rows: TableDescription
  /// The column that tells them apart.
  public let key: ColumnDescription
  /// Their vectors.
  public private(set) var column: EmbeddingColumn
  /// The column that a person knows them by, nil where they have no text.
  public let label: Column?
  /// The encoder in the registry, nil where nobody registered the column.
  public let encoder: RegisteredEncoder?
  /// The column's row in the registry, nil where nobody registered it.
  let embedding: RegisteredEmbedding?
  /// The approximate indexes on the vectors.
  public private(set) var indexes: [ServingIndex]
  /// What was measured of indexes on them.
  private let tunings: [SearchTuning]
  /// The number of rows that have a vector.
  public let vectors: Int
  /// The number of rows.
  public let count: Int

  /// The share of the rows that has a vector, 0 to 1.
  public var coverage: Double { count == 0 ? 0 : min(1, Double(vectors) / Double(count)) }

  /// The metric that the vectors are made for; nothing is assumed of their lengths.
  public var metric: DistanceMetric { encoder?.metric ?? .cosine }

  /// What was measured of an index of this kind, nil where nobody did.
  func tuning(of kind: IndexKind) -> SearchTuning? {
    let name = embedding.map { kind.registeredText(of: $0.metric) }
    return tunings.first { $0.variant == name }
  }

  /// What counts as filled when nobody named an encoder.
  static let sufficientCoverage = 0.9

  /// Finds the table and the vectors to search in it.
  ///
  /// - Parameters:
  ///   - options: The table, nil for the only one, or the one that has the most vectors of the best encoder;
  ///     the encoder or the vector column, nil for the best that covers nine rows in ten; the column that
  ///     tells rows apart, nil for the primary key.
  ///   - db: The connection.
  /// - Returns: The target.
  /// - Throws: ``ActionError`` where nothing can be searched; `PostgresError` from the server.
  public static func find(
    _ options: NeighborOptions,
    on db: inout PQConnection
  ) throws -> SearchTarget {
    try find([options.table], keys: [options.key], options, on: &db).targets[0]
  }

  /// Finds the vectors of one encoder in several tables.
  ///
  /// - Parameters:
  ///   - tables: The tables' names; nil stands for any one, and only alone.
  ///   - keys: For each table the column that tells its rows apart; nil for the primary key.
  ///   - options: The encoder, or the vector column; nil for the best that covers nine rows in ten of each.
  ///   - others: Tables to look up on the way, which need no vectors.
  ///   - db: The connection.
  /// - Returns: A target for each table, and the others.
  /// - Throws: ``ActionError`` where no encoder has vectors in all of them; `PostgresError` from the server.
  public static func find(
    _ tables: [String?],
    keys: [String?],
    _ options: NeighborOptions,
    with others: [String] = [],
    on db: inout PQConnection
  ) throws -> (targets: [SearchTarget], others: [TableDescription]) {
    let candidates = try EmbeddingCandidate.findAll(on: &db)
    let vector = try VectorExtension.require(on: &db)
    let choices = try SearchChoices(
      tables,
      with: others,
      candidates,
      encoder: options.encoder,
      on: &db
    )
    if !vector.isVisible { try VectorExtension.makeVisible(on: &db) }
    let best = try choices.best(on: &db)
    // They are all of one encoder.
    let registered = try best[0].candidate.encoder.map { try RegisteredEncoder.find($0, on: &db) }
    let targets = try zip(best, keys).map { found, key in
      try SearchTarget(found, registered, key: key, options, on: &db)
    }
    return (targets, choices.others)
  }

  /// The same vectors in a copy of the table that holds them, which has other indexes.
  func copied(to table: TableDescription, indexes: [ServingIndex]) -> SearchTarget {
    var copy = self
    copy.indexes = indexes
    copy.column = EmbeddingColumn(
      table: table.table,
      key: column.key.name,
      column: column.vector.name,
      encoder: column.encoder,
      dimension: column.dimension,
      storage: column.storage,
      of: column.hasSideTable ? column.row : nil
    )
    if !column.hasSideTable { copy.rows = table }
    return copy
  }

  private init(
    _ found: SearchChoices.Counted,
    _ encoder: RegisteredEncoder?,
    key: String?,
    _ options: NeighborOptions,
    on db: inout PQConnection
  ) throws {
    let candidate = found.candidate
    let rows = found.rows
    let isVectors = candidate.vectors == rows.identifier
    let named = key ?? (isVectors ? candidate.vectorKey : nil) ?? candidate.key
    self.rows = rows
    (self.key, label) = try options.names(of: rows, key: named)
    let name = self.key.name
    indexes = candidate.column.indexes
    embedding = candidate.embedding
    tunings = candidate.tunings
    vectors = found.vectors
    count = found.count
    let isSide = candidate.vectors != candidate.rows && candidate.rows == rows.identifier
    let side = isSide ? try NamedTable.find(candidate.vectors.sql, on: &db) : rows
    self.encoder = encoder
    column = EmbeddingColumn(
      table: side.table,
      key: isSide ? candidate.vectorKey ?? name : name,
      column: candidate.column.name,
      encoder: candidate.label,
      dimension: candidate.column.dimension ?? encoder?.dimension,
      storage: candidate.column.storage,
      of: isSide ? rows.table.column(name) : nil
    )
  }

  /// Says of a statement's failure what it means for this table.
  ///
  /// - Throws: ``ActionError`` where the rows or the vectors are to blame, else what the statement throws.
  func explainingErrors<Value>(_ run: () throws -> Value) throws -> Value {
    do {
      return try run()
    } catch let error as PostgresError {
      let advice: String? =
        switch error.sqlState?.rawValue {
        case "21000": "its \(key.name) tells no rows apart: name a column that does with --key"
        case "22P02", "22003", "22007", "22008":
          "a value does not fit its column: look at the key and at --where"
        case "22000":
          "look at the vectors in \(column.vector.name): dbtool doctor --table \(rows.shownName)"
        default: nil
        }
      guard let advice else { throw error }
      throw ActionError(
        .badData,
        "table \(rows.shownName): \(error.message)",
        advice: advice
      )
    }
  }
}
