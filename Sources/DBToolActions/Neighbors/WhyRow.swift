import PGCatalog
public import PQClient
public import VectorSQL

/// What of a subject's profile pulled a row in: each item's share of the similarity.
public struct WhyRow: Sendable {
  /// The row, by its key or label.
  public let row: String
  /// The subject, with its relation.
  public let subject: InteractionsChoice
  /// The table of the items, nil for the row's own.
  public let items: String?
  /// The table and encoder, and how many items to show.
  public let options: NeighborOptions

  /// What to explain.
  public init(
    _ row: String,
    for subject: InteractionsChoice,
    items: String? = nil,
    options: NeighborOptions
  ) {
    self.row = row
    self.subject = subject
    self.items = items
    self.options = options
  }

  /// The question, ready to run.
  public struct Prepared: Sendable {
    /// The statement.
    public let statement: SQLStatement
    /// The row's table, as a person names it.
    public let table: String
    /// What a person knows the row by.
    public let title: String
    /// The encoder whose vectors are compared.
    public let encoder: String
    let hasLabel: Bool
    let hasWords: Bool
    let target: SearchTarget
    let key: SQLBind
  }

  /// An item of the profile.
  public struct Item: Sendable {
    /// Its key.
    public let id: RowKey
    /// What a person knows it by.
    public let title: String
    /// How often it was used, the sum of its numbers, or the mean of its ratings.
    public let used: Double?
    /// Its cosine distance to the row; nil where one of them is zero and has no direction.
    public let distance: Double?
    /// Its share of the similarity of profile and row; nil where that is zero.
    public let share: Double?
    /// Words that both have.
    public let words: [String]
  }

  /// Finds tables, row and subject, and renders the statement; does not run it.
  ///
  /// - Throws: ``ActionError`` where something is not there; `PostgresError` from the server.
  public func prepare(on db: inout PQConnection) throws -> Prepared {
    let tables = try ProfileTables.find(options, items: items, subject, on: &db)
    let (target, source, relation) = (tables.searched, tables.items, tables.relation)
    let found = try RowLookup.find(row, where: [], in: target, on: &db)
    let profile = Profile(
      of: relation.subject,
      interactions: relation.interactions,
      items: source.column
    )
    let (theirs, ours) = (Self.texts(source), Self.texts(target))
    let hasWords = !theirs.isEmpty && !ours.isEmpty
    let number = relation.interactions.weight?.name
    let shares = try ProfileShares(
      of: profile,
      isRated: number.map(TopRows.ratingNames.contains) ?? false,
      to: found.key,
      in: target.column,
      label: source.label,
      words: hasWords ? .init(ofItems: theirs, ofRow: ours) : nil,
      limit: options.limit
    )
    return Prepared(
      statement: shares.statement,
      table: target.rows.shownName,
      title: found.title,
      encoder: target.column.encoder,
      hasLabel: source.label != nil,
      hasWords: hasWords,
      target: target,
      key: found.key
    )
  }

  /// Why nothing is told of a row, asked only then.
  ///
  /// - Returns: One sentence.
  /// - Throws: `PostgresError` from the server.
  public func lack(of prepared: Prepared, on db: inout PQConnection) throws -> String {
    let column = prepared.target.column
    let hasVector: Bool = try db.query(
      """
      SELECT EXISTS (
        SELECT FROM \(column.table.identifier)
        WHERE \(column.key.sql) = \(SQLFragment(bind: prepared.key)) AND \(column.vector.sql) IS NOT NULL
      )
      """
    ).scalar()
    return hasVector
      ? "\(subject.subject) used nothing that has a vector of encoder \"\(prepared.encoder)\""
      : "\"\(prepared.title)\" has no vector of encoder \"\(prepared.encoder)\""
  }

  private static func texts(_ target: SearchTarget) -> [Column] {
    target.rows.columns
      .filter { ($0.isText || $0.isTextArray) && $0.name != target.key.name }
      .map { target.rows.table.column($0.name) }
  }

  /// Runs a statement that was prepared.
  ///
  /// - Returns: The items, the largest share first.
  /// - Throws: `PostgresError` from the server.
  public func run(_ prepared: Prepared, on db: inout PQConnection) throws -> [Item] {
    try prepared.target.explainingErrors { try db.query(prepared.statement) }.map { row in
      let id: RowKey = try row[0]
      let label: String? = prepared.hasLabel ? try row[1] : nil
      let place = prepared.hasLabel ? 2 : 1
      let distance: Double = try row[place + 1]
      return Item(
        id: id,
        title: label ?? id.description,
        used: try row[place],
        distance: distance.isNaN ? nil : distance,
        share: try row[place + 2],
        words: prepared.hasWords ? try row[place + 3] : []
      )
    }
  }
}
