/// The weighted mean of a profile's items, for one subject or for every one.
///
/// pgvector has no product of a vector and a number, so weights multiply element by element with a vector
/// that repeats the weight; they add up to one, so that the sum is a mean. They are rounded to a millionth,
/// because a product too small for its type is an error and not a zero. An item whose weight is NULL or not
/// positive does not count.
struct WeightedItems {
  private let profile: Profile
  private let isOfEverySubject: Bool
  private let item: Table
  private let used: Table

  init(_ profile: Profile, ofEverySubject isOfEverySubject: Bool = false) {
    self.profile = profile
    self.isOfEverySubject = isOfEverySubject
    let taken = [profile.items.table.name, profile.interactions.table.name]
    item = Table(freeName("item", avoiding: taken))
    used = Table(freeName("used", avoiding: taken))
  }

  private var items: EmbeddingColumn { profile.items }
  private var interactions: Interactions { profile.interactions }

  /// The query of `embedding`, and of `subject` before it where there is one row for each.
  func mean(for metric: DistanceMetric) -> SQLFragment {
    let vector = item.column("embedding").sql
    let dimension: SQLFragment =
      items.dimension.map { "\(literal: $0)" } ?? "vector_dims(\(vector))"
    let size: SQLFragment = items.dimension.map { "(\(literal: $0))" } ?? ""
    let mean: SQLFragment = """
      sum(\(vector) * array_fill(\(item.column("weight").sql), ARRAY[\(dimension)])\
      ::\(unsafeRaw: items.storage.rawValue)\(size))
      """
    let subject = item.column("subject").sql
    let group: SQLFragment = isOfEverySubject ? "\nGROUP BY \(subject)" : ""
    return """
      SELECT \(leading(subject))\(mean) AS embedding
      FROM (
        \(shares)
      ) AS \(item.source)\(group)\(items.hasDirection(mean, metric))
      """
  }

  /// The subject before other outputs, where there are several.
  private func leading(_ subject: SQLFragment) -> SQLFragment {
    isOfEverySubject ? "\(subject), " : ""
  }

  /// The vectors with weights that add up to one.
  private var shares: SQLFragment {
    let (subject, weight) = (used.column("subject").sql, used.column("weight").sql)
    let window: SQLFragment = isOfEverySubject ? "PARTITION BY \(subject)" : ""
    return """
      SELECT \(leading(subject))\(items.vector.sql) AS embedding,
             round((\(weight) / sum(\(weight)) OVER (\(window)))::numeric, 6)::real AS weight
      FROM (
        \(weights)
      ) AS \(used.source)
      JOIN \(items.table.source) ON \(items.key.sql) = \(used.column("id").sql)
      WHERE \(weight) > 0
        AND \(items.vector.sql) IS NOT NULL
      """
  }

  /// The subject's items, each once, with their weights.
  private var weights: SQLFragment {
    let subject = interactions.subject.sql
    let condition: SQLFragment =
      isOfEverySubject
      ? "\(subject) IS NOT NULL" : "\(subject) = \(SQLFragment(bind: profile.subject))"
    let keys = (isOfEverySubject ? [subject] : []) + [interactions.item.sql]
    return """
      SELECT \(leading("\(subject) AS subject"))\(interactions.item.sql) AS id,
             \(weight) AS weight
      FROM \(interactions.table.source)
      WHERE \(condition)
      GROUP BY \(keys.joined(separator: ", "))
      """
  }

  private var weight: SQLFragment {
    let weight = interactions.weight?.sql
    let time = (interactions.time ?? interactions.item).sql
    let window: SQLFragment = isOfEverySubject ? "PARTITION BY \(interactions.subject.sql)" : ""
    switch profile.weight {
    // Whole numbers would be divided as such: one of two would weigh nothing.
    case .equal: return "1::double precision"
    case .count:
      return weight.map { "sum(\($0))::double precision" } ?? "count(*)::double precision"
    case .rating: return "avg(\(weight ?? interactions.item.sql))::double precision"
    case .recency(let days):
      // What is for ever has no age.
      let newest: SQLFragment = "max(\(time)) FILTER (WHERE isfinite(\(time)))"
      // Beyond ten thousand years all count the same; the seconds of more may be no number.
      let days = min(max(days, -3_652_425), 3_652_425)
      return """
        power(0.5, (
          max(extract(epoch FROM \(newest))) OVER (\(window))
          - extract(epoch FROM \(newest))
        ) / \(literal: days * 86400))
        """
    }
  }
}
