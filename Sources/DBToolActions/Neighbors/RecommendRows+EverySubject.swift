import PGCatalog
public import PQClient
public import VectorSQL

extension RecommendRows {
  /// The recommendations of one subject.
  public struct SubjectRows: Sendable {
    /// The subject's key.
    public let subject: RowKey
    /// Its rows, nearest first.
    public let rows: [NeighborAnswer.Row]
  }

  /// The recommendations for every subject, in one statement.
  public struct EverySubject: Sendable {
    /// The statement.
    public let statement: SQLStatement
    /// What is searched.
    public let target: SearchTarget
    /// The distance.
    public let metric: DistanceMetric
  }

  /// Finds tables and vectors as for one subject, and renders the statement for all; does not run it.
  ///
  /// - Throws: ``ActionError`` where something is not there; `PostgresError` from the server.
  public func prepareForEverySubject(on db: inout PQConnection) throws -> EverySubject {
    let plain = RecommendRows(taste, includesSeen: includesSeen, reasons: 0, options: options)
    let query = try plain.prepare(on: &db)
    // Without an index to walk, all rows are compared anyway, and so with their vectors fetched once.
    let isWalked = query.search.mode.prefersIndex && query.search.firstStage == nil
    let search = isWalked ? query.search : query.search.mode(.exact).firstStage(nil)
    guard let statement = search.statementForEverySubject else {
      throw ActionError(
        .usage,
        "rows that are like others are for nobody",
        advice: "name a relation"
      )
    }
    return EverySubject(statement: statement, target: query.target, metric: query.search.metric)
  }

  /// Runs the statement for all subjects and makes a table of the rows, in one transaction.
  ///
  /// Its columns are `subject`, the row's key, its label and `distance`; its comment says what the distances mean.
  ///
  /// - Parameters:
  ///   - prepared: The statement.
  ///   - table: The table, which must not be there yet.
  ///   - db: The connection.
  /// - Returns: The number of rows.
  /// - Throws: ``ActionError`` where something of that name is there; `PostgresError` from the server.
  public static func run(
    _ prepared: EverySubject,
    into table: SQLIdentifier,
    on db: inout PQConnection
  ) throws -> Int {
    let (statement, column) = (prepared.statement, prepared.target.column)
    let making = SQLStatement(
      text: "CREATE TABLE \(table.sql) AS\n\(statement.text)",
      binds: statement.binds
    )
    let meaning =
      "dbtool: nearest rows of \(prepared.target.rows.shownName) for each subject, \(prepared.metric.rawValue) distance "
      + "between vectors of encoder \"\(column.encoder)\""
    let comment: SQLFragment = "COMMENT ON TABLE \(table) IS \(literal: meaning)"
    do {
      let results = try db.pipeline(
        [SQLStatement("BEGIN")] + statement.settings.map { SQLStatement($0) }
          + [making, SQLStatement(comment), SQLStatement("COMMIT")]
      )
      return results[results.count - 3].affectedRows
    } catch {
      guard error.sqlState?.rawValue == "42P07" else { throw error }
      throw ActionError(
        .badData,
        "there is a relation \(table.sql) already in database \"\(db.database)\"",
        advice: "take another name, or drop it first: DROP TABLE \(table.sql)"
      )
    }
  }

  /// Runs the statement for all subjects.
  ///
  /// - Returns: The subjects that have a profile, by their keys.
  /// - Throws: `PostgresError` from the server.
  public static func run(
    _ prepared: EverySubject,
    on db: inout PQConnection
  ) throws -> [SubjectRows] {
    let result = try db.run(prepared.statement)
    let hasLabel = prepared.target.label != nil
    let last = result.columns.count - 1
    var subjects: [SubjectRows] = []
    var rows: [NeighborAnswer.Row] = []
    var current: RowKey?
    for row in result {
      let subject: RowKey = try row[0]
      if let current, subject != current {
        subjects.append(SubjectRows(subject: current, rows: rows))
        rows = []
      }
      current = subject
      let id: RowKey = try row[1]
      let label: String? = hasLabel ? try row[2] : nil
      rows.append(
        NeighborAnswer.Row(
          id: id,
          title: label ?? id.description,
          text: nil,
          distance: try row[last],
          score: nil,
          because: []
        )
      )
    }
    if let current { subjects.append(SubjectRows(subject: current, rows: rows)) }
    return subjects
  }
}
