/// The k rows nearest to a subject's profile: a statement that an index can serve by construction.
///
/// The distance operator ascending, a LIMIT as a literal, the probe as a scalar sub-select, the primary
/// key as tie-break. There is no way to order by similarity, and none to leave out the LIMIT.
///
/// ```swift
/// try NearestNeighbors(
///   in: products, to: profile, metric: .cosine, limit: 5, selecting: ["name"],
///   reasons: NearestNeighbors.Reasons(label: "name", count: 2)
/// ).statement
/// // WITH profile AS MATERIALIZED (SELECT avg(product.embedding_minilm) …),
/// // nearest AS MATERIALIZED (SELECT … ORDER BY product.embedding_minilm <=> …, … LIMIT 5)
/// // SELECT …
/// ```
public struct NearestNeighbors: Sendable {
  /// Why a row is near: the profile's own items nearest to it.
  public struct Reasons: Sendable, Hashable {
    /// The items' column that a person knows them by.
    public let label: String
    /// How many items to name.
    public let count: Int

    /// Names the nearest items of the profile by a label.
    public init(label: String, count: Int) {
      self.label = label
      self.count = count
    }
  }

  private let searched: EmbeddingColumn
  private let profile: Profile
  private let metric: DistanceMetric
  private let limit: Int
  private let columns: [String]
  private let reasons: Reasons?

  /// The settings that the search wants around it.
  public let settings: [SQLSetting]

  /// A search whose encoders are known to the compiler.
  public init<Encoder: EncoderLabel>(
    in searched: Embedding<Encoder>,
    to subject: SQLBind,
    over items: Embedding<Encoder>,
    interactions: Interactions,
    weight: ProfileWeight = .equal,
    metric: DistanceMetric,
    limit: Int,
    selecting columns: [String],
    reasons: Reasons? = nil,
    mode: SearchMode = .approximate(efSearchFloor: 40)
  ) {
    self.searched = searched.column
    profile = Profile(
      of: subject,
      interactions: interactions,
      items: items.column,
      weight: weight
    )
    self.metric = metric
    self.limit = limit
    self.columns = columns
    self.reasons = reasons
    settings = mode.settings(limit: limit)
  }

  /// A search whose encoder is only known at run time.
  ///
  /// - Throws: ``EncoderMismatch`` where the profile's vectors were made by another encoder.
  public init(
    in searched: EmbeddingColumn,
    to profile: Profile,
    metric: DistanceMetric,
    limit: Int,
    selecting columns: [String],
    reasons: Reasons? = nil,
    mode: SearchMode = .approximate(efSearchFloor: 40)
  ) throws(EncoderMismatch) {
    guard searched.encoder == profile.items.encoder,
      searched.dimension == profile.items.dimension
    else { throw EncoderMismatch(searched: searched, probe: profile.items) }
    self.searched = searched
    self.profile = profile
    self.metric = metric
    self.limit = limit
    self.columns = columns
    self.reasons = reasons
    settings = mode.settings(limit: limit)
  }

  /// The whole statement: key, selected columns, `distance`, and `because` where reasons were asked
  /// for, nearest first.
  public var statement: SQLStatement {
    let key = searched.key.name
    let shown = ([key] + columns).map { SQLFragment(SQLIdentifier("nearest").appending($0)) }
    var outputs = shown + ["nearest.distance"]
    if reasons != nil { outputs.append("reasons.because") }
    return SQLStatement(
      """
      WITH profile AS MATERIALIZED (
        \(profile.query(for: metric))
      ),
      nearest AS MATERIALIZED (
        \(nearest)
      )\(reasons.map(used) ?? "")
      SELECT \(outputs.joined(separator: ", "))
      FROM nearest\(reasons.map(because) ?? "")
      ORDER BY nearest.distance, nearest.\(ident: key)
      """,
      settings: settings
    )
  }

  private var nearest: SQLFragment {
    let probe: SQLFragment = "(SELECT embedding FROM profile)"
    let distance: SQLFragment = """
      \(searched.vector.sql) \(unsafeRaw: metric.sqlOperator) \(probe)
      """
    let selected = ([searched.key.name] + columns).map { searched.table.column($0).sql }
    return """
      SELECT \(selected.joined(separator: ", ")),
             \(searched.vector.sql) AS embedding,
             \(distance) AS distance
      FROM \(searched.table.identifier)
      WHERE \(searched.vector.sql) IS NOT NULL
        AND \(probe) IS NOT NULL
      ORDER BY \(distance),
               \(searched.key.sql)
      LIMIT \(literal: limit)
      """
  }

  /// The profile's items with their labels.
  ///
  /// Materialized, so that no index on the items answers for them: it would rank all items first and
  /// find few or none of the subject's among its candidates.
  private func used(_ reasons: Reasons) -> SQLFragment {
    let items = profile.items
    return """
      ,
      used AS MATERIALIZED (
        SELECT \(items.key.sql) AS id, \(items.table.column(reasons.label).sql) AS title,
               \(items.vector.sql) AS embedding
        \(profile.sources)
      )
      """
  }

  /// The profile's items nearest to each row found, as JSON.
  private func because(_ reasons: Reasons) -> SQLFragment {
    let distance: SQLFragment = "used.embedding \(unsafeRaw: metric.sqlOperator) nearest.embedding"
    return """

      CROSS JOIN LATERAL (
        SELECT jsonb_agg(
                 jsonb_build_object('id', item.id, 'title', item.title, 'distance', item.distance)
                 ORDER BY item.distance, item.id
               ) AS because
        FROM (
          SELECT used.id, used.title, \(distance) AS distance
          FROM used
          ORDER BY \(distance), used.id
          LIMIT \(literal: reasons.count)
        ) AS item
      ) AS reasons
      """
  }
}
