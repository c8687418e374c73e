/// The k rows nearest to one vector: a statement that an index can serve by construction.
///
/// The distance operator ascending, a LIMIT as a literal, the probe as a scalar sub-select, the primary
/// key as tie-break.
///
/// ```swift
/// VectorSearch(in: vectors, to: .vector(probe), metric: .cosine, limit: 5, selecting: ["name"]).statement
/// // WITH probe AS MATERIALIZED (SELECT $1::vector AS embedding)
/// // SELECT product.id, product.name,
/// //        product.embedding_minilm <=> (SELECT embedding FROM probe) AS distance
/// // FROM product
/// // WHERE …
/// // ORDER BY product.embedding_minilm <=> (SELECT embedding FROM probe), product.id
/// // LIMIT 5
/// ```
public struct VectorSearch: Sendable {
  /// What the rows are near to.
  public enum Probe: Sendable, Hashable {
    /// A vector that the searched column's encoder made.
    case vector(PGVector)
    /// An SQL expression of such a vector.
    case expression(SQLFragment)
  }

  /// The table whose rows are shown, where the vectors stand in a table of their own.
  public struct Source: Sendable, Hashable {
    /// Its unique column that the vectors' key holds.
    public let key: Column

    /// The table of a key.
    public init(key: Column) { self.key = key }
  }

  private let searched: EmbeddingColumn
  private let source: Source?
  private let probe: Probe
  private let metric: DistanceMetric
  private let limit: Int
  private let columns: [String]
  private let settings: [SQLSetting]

  /// A search.
  ///
  /// - Parameters:
  ///   - searched: The vectors.
  ///   - source: The table whose rows are shown, if it is not the vectors' own.
  ///   - probe: What the rows are near to.
  ///   - metric: The distance.
  ///   - limit: The rows to find at most.
  ///   - columns: The columns to show besides the key.
  ///   - mode: Whether an index may answer.
  public init(
    in searched: EmbeddingColumn,
    from source: Source? = nil,
    to probe: Probe,
    metric: DistanceMetric,
    limit: Int,
    selecting columns: [String],
    mode: SearchMode = .approximate(efSearchFloor: 40)
  ) {
    self.searched = searched
    self.source = source
    self.probe = probe
    self.metric = metric
    self.limit = limit
    self.columns = columns
    settings = mode.settings(limit: limit)
  }

  /// The whole statement: key, selected columns, `distance`, nearest first.
  public var statement: SQLStatement {
    guard let source else {
      return SQLStatement("\(probeQuery)\n\(nearest(columns))", settings: settings)
    }
    // The join comes after the LIMIT, so that an index on the vectors can serve it.
    let key = source.key
    let shown = ([key.name] + columns).map { key.table.column($0).sql }
    return SQLStatement(
      """
      \(probeQuery),
      nearest AS MATERIALIZED (
        \(nearest([]))
      )
      SELECT \(shown.joined(separator: ", ")), nearest.distance
      FROM nearest
      JOIN \(key.table.identifier) ON \(key.sql) = nearest.\(ident: searched.key.name)
      ORDER BY nearest.distance, \(key.sql)
      """,
      settings: settings
    )
  }

  private var probeQuery: SQLFragment {
    let vector: SQLFragment =
      switch probe {
      case .vector(let vector): "\(vector)::vector"
      case .expression(let expression): expression
      }
    return """
      WITH probe AS MATERIALIZED (
        SELECT \(vector) AS embedding
      )
      """
  }

  private func nearest(_ columns: [String]) -> SQLFragment {
    let probe: SQLFragment = "(SELECT embedding FROM probe)"
    let distance: SQLFragment = """
      \(searched.vector.sql) \(unsafeRaw: metric.sqlOperator) \(probe)
      """
    let shown = ([searched.key.name] + columns).map { searched.table.column($0).sql }
    return """
      SELECT \(shown.joined(separator: ", ")),
             \(distance) AS distance
      FROM \(searched.table.identifier)
      WHERE \(searched.vector.sql) IS NOT NULL
        AND \(probe) IS NOT NULL
      ORDER BY \(distance),
               \(searched.key.sql)
      LIMIT \(literal: limit)
      """
  }
}
