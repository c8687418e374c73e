import PGCatalog
public import PQClient
public import VectorSQL

/// The rows of any table whose label is or holds a text; needs no vectors.
public struct SearchLabels: Sendable {
  /// What is searched for.
  public let text: String
  /// The table, the conditions and the limit.
  public let options: NeighborOptions

  /// What to search and how.
  public init(_ text: String, options: NeighborOptions) {
    self.text = text
    self.options = options
  }

  /// The search, ready to run.
  public struct Prepared: Sendable {
    /// The statement.
    public let statement: SQLStatement
    /// The table as a person names it.
    public let table: String
    /// The column of the labels.
    public let label: String
    /// Whether labels that are only spelled alike are found: the server has pg_trgm.
    public let hasTrigrams: Bool
  }

  /// A row that was found.
  public struct Row: Sendable {
    /// Its key.
    public let id: RowKey
    /// Its label.
    public let title: String
    /// How it matches.
    public let match: LabelSearch.Match
  }

  /// Finds the table and renders the statement; does not run it.
  ///
  /// - Throws: ``ActionError`` where something is not there; `PostgresError` from the server.
  public func prepare(on db: inout PQConnection) throws -> Prepared {
    let rows =
      try options.table.map { name in try NamedTable.find(name, on: &db) }
      ?? SearchTarget.find(options, on: &db).rows
    let (key, labelColumn) = try options.names(of: rows, key: options.key)
    guard let label = labelColumn else {
      throw ActionError(.usage, "rows of \(rows.shownName) have no text to look for words in")
    }
    let hasTrigrams: Bool = try db.query(
      "SELECT to_regprocedure('similarity(text, text)') IS NOT NULL"
    ).scalar()
    let search = LabelSearch(
      text,
      in: label,
      key: rows.table.column(key.name),
      where: try RowCondition.all(options.conditions, on: rows),
      hasTrigrams: hasTrigrams,
      limit: options.limit
    )
    return Prepared(
      statement: search.statement,
      table: rows.shownName,
      label: label.name,
      hasTrigrams: hasTrigrams
    )
  }

  /// Runs a statement that was prepared.
  ///
  /// - Returns: The rows, the closest matches first.
  /// - Throws: `PostgresError` from the server.
  public func run(_ prepared: Prepared, on db: inout PQConnection) throws -> [Row] {
    try db.query(prepared.statement).map { row in
      let match: String = try row[2]
      return Row(id: try row[0], title: try row[1], match: .init(rawValue: match) ?? .exact)
    }
  }
}
