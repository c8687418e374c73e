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
    guard let statement = query.search.statementForEverySubject else {
      throw ActionError(
        .usage,
        "rows that are like others are for nobody",
        advice: "name a relation"
      )
    }
    return EverySubject(statement: statement, target: query.target, metric: query.search.metric)
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
