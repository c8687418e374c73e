/// The items that most liked or most used, from an interactions relation; no vectors are involved.
public struct TopItems: Sendable {
  /// What makes an item a top one.
  public enum Measure: String, Sendable, Hashable, CaseIterable {
    /// The Bayesian mean of its ratings.
    case rating
    /// How many subjects used it.
    case use
  }

  private let interactions: Interactions
  private let item: Column
  private let measure: Measure
  private let columns: [Column]
  private let filter: SQLPredicate?
  private let days: Int?
  private let limit: Int

  /// The top items of a relation.
  ///
  /// - Parameters:
  ///   - interactions: Who used what; by rating its weight is the rating.
  ///   - item: The key of the items' table.
  ///   - measure: What makes an item a top one.
  ///   - columns: Columns of the items to show besides the key.
  ///   - filter: Which items may be found.
  ///   - days: Only events of so many days before the newest one of the relation.
  ///   - limit: The items to find at most.
  /// - Precondition: The relation has a weight where the measure is the rating, and a time where there are days.
  public init(
    _ interactions: Interactions,
    of item: Column,
    by measure: Measure,
    selecting columns: [Column] = [],
    where filter: SQLPredicate? = nil,
    sinceDays days: Int? = nil,
    limit: Int
  ) {
    self.interactions = interactions
    self.item = item
    self.measure = measure
    self.columns = columns
    self.filter = filter
    self.days = days
    self.limit = limit
  }

  /// The statement: key, selected columns, then `subjects`, `mean` and `score` (by rating) or `subjects` (by use);
  /// the best first.
  public var statement: SQLStatement {
    SQLStatement(measure == .rating ? byRating : byUse)
  }

  /// The query of the newest event's time as text (`newest`), NULL where there are no events or no times.
  public var newest: SQLFragment {
    let time: SQLFragment =
      interactions.time.map { time in
        "(max(\(time.sql)) FILTER (WHERE isfinite(\(time.sql))))::text"
      } ?? "NULL::text"
    return "SELECT \(time) AS newest FROM \(interactions.table.source)"
  }

  /// The Bayesian mean, (C · m + sum) / (C + n).
  ///
  /// A mean of few ratings says little, so each item starts with C ratings of the mean of all, m; C is the number
  /// of ratings that an item has on average. What one subject said of one item counts once.
  private var byRating: SQLFragment {
    let taken = [item.table.name, interactions.table.name] + (filter?.sql.words ?? [])
    let score = freeName("score", avoiding: outputs)
    let (rated, prior) = (
      Table(freeName("rated", avoiding: taken)), Table(freeName("prior", avoiding: taken))
    )
    let (rating, mean, weight) = (
      rated.column("rating").sql, prior.column("mean").sql, prior.column("weight").sql
    )
    let value = (interactions.weight ?? interactions.item).sql
    let keys = ([item] + columns).map(\.sql).joined(separator: ", ")
    return """
      WITH \(rated.source) AS MATERIALIZED (
        SELECT \(interactions.item.sql) AS id,
               avg(\(value)::double precision) AS rating
        FROM \(interactions.table.source)
        WHERE \((["\(value) IS NOT NULL"] + recent).joined(separator: "\n  AND "))
        GROUP BY \(interactions.item.sql), \(interactions.subject.sql)
      ),
      \(prior.source) AS MATERIALIZED (
        SELECT avg(rating) AS mean, count(*)::double precision / nullif(count(DISTINCT id), 0) AS weight
        FROM \(rated.source)
      )
      SELECT \(keys),
             count(*) AS subjects, avg(\(rating)) AS mean,
             (\(weight) * \(mean) + sum(\(rating))) / (\(weight) + count(*)) AS \(ident: score)
      FROM \(rated.source)
      JOIN \(item.table.source) ON \(item.sql) = \(rated.column("id").sql)
      CROSS JOIN \(prior.source)\(condition(filter?.operands ?? []))
      GROUP BY \(keys), \(mean), \(weight)
      ORDER BY \(ident: score) DESC, \(item.sql)
      LIMIT \(literal: limit)
      """
  }

  /// The names of what is shown of the items.
  private var outputs: [String] { ([item] + columns).map(\.name) }

  private var byUse: SQLFragment {
    let subjects = freeName("subjects", avoiding: outputs)
    let keys = ([item] + columns).map(\.sql).joined(separator: ", ")
    return """
      SELECT \(keys),
             count(DISTINCT \(interactions.subject.sql)) AS \(ident: subjects)
      FROM \(interactions.table.source)
      JOIN \(item.table.source) ON \(item.sql) = \(interactions.item.sql)\
      \(condition(recent + (filter?.operands ?? [])))
      GROUP BY \(keys)
      ORDER BY \(ident: subjects) DESC, \(item.sql)
      LIMIT \(literal: limit)
      """
  }

  private func condition(_ conditions: [SQLFragment]) -> SQLFragment {
    conditions.isEmpty ? "" : "\nWHERE \(conditions.joined(separator: "\n  AND "))"
  }

  private var recent: [SQLFragment] {
    guard let days, let time = interactions.time else { return [] }
    let newest = Table(freeName("newest", avoiding: [interactions.table.name]))
    let other = interactions.table.named(newest.name)
    return [
      """
      \(time.sql) >= (
          SELECT max(\(other.column(time.name).sql))
          FROM \(other.source)
          WHERE isfinite(\(other.column(time.name).sql))
        ) - \(literal: days) * interval '1 day'
      """
    ]
  }
}
