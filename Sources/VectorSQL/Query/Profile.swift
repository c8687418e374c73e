/// Who used what: any table or view with a subject, an item and optionally a weight and a time.
public struct Interactions: Sendable, Hashable {
  /// The column that says who.
  public let subject: Column
  /// The column that says what, by the key of the items' table.
  public let item: Column
  /// The column that says how often, if there is one.
  public let count: Column?
  /// The column that says when last, if there is one.
  public let time: Column?

  /// A relation of subjects and items, one row per pair.
  public init(
    _ table: Table,
    subject: String,
    item: String,
    count: String? = nil,
    time: String? = nil
  ) {
    self.subject = table.column(subject)
    self.item = table.column(item)
    self.count = count.map(table.column)
    self.time = time.map(table.column)
  }

  /// The relation itself.
  public var table: Table { subject.table }
}

/// How much each item of a profile counts.
public enum ProfileWeight: Sendable, Hashable {
  /// Every item once.
  case equal
  /// By a number of times.
  case count(Column)
  /// Halved with every so many days before the subject's own newest item.
  case recency(Column, halfLifeDays: Int)
}

/// The mean of the vectors of what a subject used: a taste as a vector, made in SQL.
///
/// The mean of nothing is NULL. Under cosine so is a mean of length zero, which has no direction.
public struct Profile: Sendable, Hashable {
  /// Who used what.
  public let interactions: Interactions
  /// The vectors of the items.
  public let items: EmbeddingColumn
  /// The subject.
  public let subject: SQLBind
  /// How much each item counts.
  public let weight: ProfileWeight

  /// A subject's profile over the items' vectors.
  public init(
    of subject: SQLBind,
    interactions: Interactions,
    items: EmbeddingColumn,
    weight: ProfileWeight = .equal
  ) {
    self.subject = subject
    self.interactions = interactions
    self.items = items
    self.weight = weight
  }

  /// The rows that make the profile: the subject's items that have a vector.
  var sources: SQLFragment {
    """
    FROM \(interactions.table.identifier)
    JOIN \(items.table.identifier) ON \(items.key.sql) = \(interactions.item.sql)
    WHERE \(interactions.subject.sql) = \(SQLFragment(bind: subject))
      AND \(items.vector.sql) IS NOT NULL
    """
  }

  /// The query of one row and one column, `embedding`.
  ///
  /// ```sql
  /// SELECT avg(product.embedding_minilm) AS embedding
  /// FROM order_line
  /// JOIN product ON product.id = order_line.product_id
  /// WHERE order_line.customer_id = $1
  ///   AND product.embedding_minilm IS NOT NULL
  /// HAVING vector_norm(avg(product.embedding_minilm)) > 0
  /// ```
  ///
  /// pgvector has no product of a vector and a number, so weights multiply element by element with a
  /// vector that repeats the weight; they add up to one, so that the sum is a mean. They are rounded
  /// to a millionth, because a product too small for its type is an error and not a zero. An item
  /// whose weight is NULL or not positive does not count.
  func query(for metric: DistanceMetric) -> SQLFragment {
    guard let weights else {
      let mean: SQLFragment = "avg(\(items.vector.sql))"
      return """
        SELECT \(mean) AS embedding
        \(sources)\(having(mean, metric))
        """
    }
    let dimension = items.dimension
    let mean: SQLFragment = """
      sum(item.embedding * array_fill(item.weight, ARRAY[\(literal: dimension)])\
      ::vector(\(literal: dimension)))
      """
    return """
      SELECT \(mean) AS embedding
      FROM (
        SELECT item.embedding,
               round((item.weight / sum(item.weight) OVER ())::numeric, 6)::real AS weight
        FROM (
          SELECT \(items.vector.sql) AS embedding,
                 \(weights) AS weight
          \(sources)
        ) AS item
        WHERE item.weight > 0
      ) AS item\(having(mean, metric))
      """
  }

  private var weights: SQLFragment? {
    switch weight {
    case .equal: nil
    // Whole numbers would be divided as such: one of two would weigh nothing.
    case .count(let column): "\(column.sql)::double precision"
    case .recency(let column, let days):
      """
      power(0.5, extract(epoch FROM max(\(column.sql)) OVER ()
                                    - \(column.sql)) / \(literal: days * 86400))
      """
    }
  }

  private func having(_ mean: SQLFragment, _ metric: DistanceMetric) -> SQLFragment {
    metric == .cosine ? "\nHAVING vector_norm(\(mean)) > 0" : ""
  }
}
