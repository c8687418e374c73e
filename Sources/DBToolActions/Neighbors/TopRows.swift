import PGCatalog
public import PQClient
public import VectorSQL

/// The rows of a table that are best rated, or most used lately; no vectors are involved.
public struct TopRows: Sendable {
  /// The table, by its name.
  public let table: String
  /// Who used what: `TABLE(SUBJECT, ITEM[, NUMBER][, TIME])`.
  public let relation: String
  /// What makes a row a top one; nil for its rating where the relation has a column of that name.
  public let measure: TopItems.Measure?
  /// Only events of so many days before the newest one.
  public let days: Int?
  /// The key, the conditions and the limit.
  public let options: NeighborOptions

  /// What to look for.
  public init(
    _ table: String,
    by measure: TopItems.Measure?,
    of relation: String,
    sinceDays days: Int? = nil,
    options: NeighborOptions
  ) {
    self.table = table
    self.measure = measure
    self.relation = relation
    self.days = days
    self.options = options
  }

  /// The question, ready to run.
  public struct Prepared: Sendable {
    /// The statement.
    public let statement: SQLStatement
    /// The table as a person names it.
    public let table: String
    /// What makes a row a top one.
    public let measure: TopItems.Measure
    /// The relation as a person names it, with the column of the ratings where those count.
    public let source: String
    let newest: SQLFragment
    let hasLabel: Bool
  }

  /// A row that was found.
  public struct Row: Sendable {
    /// Its key.
    public let id: RowKey
    /// What a person knows it by.
    public let title: String
    /// How many subjects rated or used it.
    public let subjects: Int
    /// The mean of its ratings, nil where use counts.
    public let mean: Double?
    /// The Bayesian mean of its ratings, nil where use counts.
    public let score: Double?
  }

  /// What was found.
  public struct Answer: Sendable {
    /// The rows, the best first.
    public let rows: [Row]
    /// The time of the relation's newest event, as the server writes it; nil where it has none.
    public let newest: String?
  }

  /// A column of such a name holds ratings.
  static let ratingNames: Set<String> = ["rating", "score", "stars"]

  /// Finds table and relation, and renders the statement; does not run it.
  ///
  /// - Throws: ``ActionError`` where something is not there; `PostgresError` from the server.
  public func prepare(on db: inout PQConnection) throws -> Prepared {
    let choice = try InteractionsChoice(parsing: relation, subject: "")
    let found = try NamedTable.find([table, choice.table], on: &db)
    let (rows, interactions) = (found[0], try choice.interactions(of: found[1]))
    let isRated = interactions.weight.map { Self.ratingNames.contains($0.name) } ?? false
    let measure = measure ?? (isRated ? .rating : .use)
    if measure == .rating, interactions.weight == nil {
      throw Self.lack("number to rate by", "NUMBER", found[1].shownName)
    }
    if days != nil, interactions.time == nil {
      throw Self.lack("time to look back from", "TIME", found[1].shownName)
    }
    let (key, label) = try options.names(of: rows, key: options.key)
    try choice.checkItems(found[1], are: key, of: rows)
    let top = TopItems(
      interactions,
      of: rows.table.column(key.name),
      by: measure,
      selecting: label.map { [$0] } ?? [],
      where: try RowCondition.all(options.conditions, on: rows),
      sinceDays: days,
      limit: options.limit
    )
    return Prepared(
      statement: top.statement,
      table: rows.shownName,
      measure: measure,
      source: measure == .rating
        ? interactions.weight?.sqlName ?? found[1].shownName : found[1].shownName,
      newest: top.newest,
      hasLabel: label != nil
    )
  }

  private static func lack(_ what: String, _ word: String, _ relation: String) -> ActionError {
    ActionError(
      .usage,
      "\(relation) names no \(what)",
      advice: "name its column: --interactions '\(relation)(SUBJECT, ITEM, \(word))'"
    )
  }

  /// Runs a statement that was prepared.
  ///
  /// - Throws: `PostgresError` from the server.
  public func run(_ prepared: Prepared, on db: inout PQConnection) throws -> Answer {
    let results = try db.pipeline([prepared.statement, SQLStatement(prepared.newest)])
    let place = prepared.hasLabel ? 2 : 1
    let rows = try results[0].map { row in
      let id: RowKey = try row[0]
      let label: String? = prepared.hasLabel ? try row[1] : nil
      let isRated = prepared.measure == .rating
      return Row(
        id: id,
        title: label ?? id.description,
        subjects: try row[place],
        mean: isRated ? try row[place + 1] : nil,
        score: isRated ? try row[place + 2] : nil
      )
    }
    return Answer(rows: rows, newest: try results[1].scalar())
  }
}
