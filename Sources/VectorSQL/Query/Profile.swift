/// Who used what: any table or view with a subject, an item and optionally a weight and a time.
///
/// A pair may have several rows; it counts as one.
public struct Interactions: Sendable, Hashable {
  /// The column that says who.
  public let subject: Column
  /// The column that says what, by the key of the items' table.
  public let item: Column
  /// The column that says how often or how much, if there is one.
  public let weight: Column?
  /// The column that says when, if there is one.
  public let time: Column?

  /// A relation of subjects and items.
  public init(
    _ table: Table,
    subject: String,
    item: String,
    weight: String? = nil,
    time: String? = nil
  ) {
    self.subject = table.column(subject)
    self.item = table.column(item)
    self.weight = weight.map(table.column)
    self.time = time.map(table.column)
  }

  /// The relation itself.
  public var table: Table { subject.table }

  /// The items of a subject, for IN.
  func items(of subject: SQLBind) -> SQLFragment {
    """
    SELECT \(item.sql)
    FROM \(table.source)
    WHERE \(self.subject.sql) = \(SQLFragment(bind: subject))
    """
  }
}

/// How much each item of a profile counts.
public enum ProfileWeight: Sendable, Hashable {
  /// Every item once.
  case equal
  /// By how often it was used: the sum of the weight column, or the number of rows where there is none.
  case count
  /// By how it was rated: the mean of the weight column, which holds ratings.
  case rating
  /// Halved with every so many days before the subject's own newest item.
  case recency(halfLifeDays: Int)
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
  ///
  /// - Precondition: The interactions have the column that the weight asks for: a rating, a time.
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

  /// The rows that make the profile: the subject's items that have a vector, each of them once.
  var sources: SQLFragment {
    """
    FROM \(items.table.source)
    WHERE \(condition)
    """
  }

  /// The condition that an item belongs to the profile.
  var condition: SQLFragment {
    """
    \(items.key.sql) IN (
        \(interactions.items(of: subject))
      )
      AND \(items.vector.sql) IS NOT NULL
    """
  }

  /// The query of one row and one column, `embedding`.
  ///
  /// ```sql
  /// SELECT avg(product.embedding_minilm) AS embedding
  /// FROM product
  /// WHERE product.id IN (
  ///     SELECT order_line.product_id
  ///     FROM order_line
  ///     WHERE order_line.customer_id = $1
  ///   )
  ///   AND product.embedding_minilm IS NOT NULL
  /// HAVING vector_norm(avg(product.embedding_minilm)) > 0
  /// ```
  func query(for metric: DistanceMetric) -> SQLFragment {
    guard weight == .equal else { return WeightedItems(self).mean(for: metric) }
    let mean: SQLFragment = "avg(\(items.vector.sql))"
    return """
      SELECT \(mean) AS embedding
      \(sources)\(items.hasDirection(mean, metric))
      """
  }

  /// The query of how many items the subject used (`used`), and how many of them have a vector (`embedded`).
  public var counts: SQLFragment {
    """
    SELECT (
             SELECT count(DISTINCT \(interactions.item.sql))
             FROM \(interactions.table.source)
             WHERE \(interactions.subject.sql) = \(SQLFragment(bind: subject))
           ) AS used,
           (
             SELECT count(*)
             \(sources)
           ) AS embedded
    """
  }

  /// The query of whether there is no such mean, as one boolean.
  public func isEmpty(by metric: DistanceMetric) -> SQLFragment {
    """
    SELECT NOT EXISTS (
      SELECT
      FROM (
        \(query(for: metric))
      ) AS mean
      WHERE mean.embedding IS NOT NULL
    )
    """
  }

  /// The query of a row for every subject that has a profile: `subject` and `embedding`.
  func queryForEverySubject(by metric: DistanceMetric) -> SQLFragment {
    guard weight == .equal else {
      return WeightedItems(self, ofEverySubject: true).mean(for: metric)
    }
    let mean: SQLFragment = "avg(\(items.vector.sql))"
    let used = Table(freeName("used", avoiding: [items.table.name]))
    return """
      SELECT \(used.column("subject").sql), \(mean) AS embedding
      FROM (
        SELECT DISTINCT \(interactions.subject.sql) AS subject, \(interactions.item.sql) AS id
        FROM \(interactions.table.source)
        WHERE \(interactions.subject.sql) IS NOT NULL
      ) AS \(used.source)
      JOIN \(items.table.source) ON \(items.key.sql) = \(used.column("id").sql)
      WHERE \(items.vector.sql) IS NOT NULL
      GROUP BY \(used.column("subject").sql)\(items.hasDirection(mean, metric))
      """
  }
}

extension EmbeddingColumn {
  /// The HAVING that makes a mean without direction none, where the metric compares directions.
  func hasDirection(_ mean: SQLFragment, _ metric: DistanceMetric) -> SQLFragment {
    metric == .cosine ? "\nHAVING \(norm(mean)) > 0" : ""
  }
}

/// A name that is none of those taken, with underscores behind it as needed.
func freeName(_ name: String, avoiding taken: [String]) -> String {
  taken.contains(name) ? freeName(name + "_", avoiding: taken) : name
}
