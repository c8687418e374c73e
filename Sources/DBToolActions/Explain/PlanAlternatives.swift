import PQClient
import PlanVerdict
import VectorSQL

/// Plans a statement again with other ways made expensive: what proves a verdict, and a correction.
struct Planner {
  let statement: SQLStatement
  let catalogue: CatalogueSnapshot
  /// Whether the parameters stay open.
  let isGeneric: Bool

  private static let otherWays = [
    "enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_incremental_sort",
  ]

  /// Plans once more, inside a savepoint that takes the settings back.
  private func plan(
    _ sql: String,
    off: [String] = [],
    on: [String] = [],
    _ db: inout PQConnection
  ) throws(PostgresError) -> ExplainedStatement? {
    let explain = SQLStatement(text: sql, binds: statement.binds).explained(
      "VERBOSE, SETTINGS, FORMAT JSON" + (isGeneric ? ", GENERIC_PLAN" : "")
    )
    let settings = (off.map { SQLSetting($0, "off") } + on.map { SQLSetting($0, "on") })
      .map { SQLStatement($0) }
    let opening = [SQLStatement("SAVEPOINT dbtool")] + settings
    let closing = SQLStatement("ROLLBACK TO SAVEPOINT dbtool")
    guard !isGeneric else {
      _ = try db.pipeline(opening)
      let json: String? = try? db.executeScript(explain.text).scalar()
      try db.query(closing)
      return json.flatMap { try? ExplainedStatement.read($0) }
    }
    let outcome = try db.attemptPipeline(opening + [explain, closing])
    guard outcome.failure == nil else {
      try db.query(closing)
      return nil
    }
    let json: String = try outcome.results[opening.count].scalar()
    return try? ExplainedStatement.read(json)
  }

  /// Judges a plan by what it would have been otherwise.
  func verdict(
    _ explained: ExplainedStatement,
    on db: inout PQConnection
  ) throws(PostgresError) -> (verdict: Verdict, otherCost: Double?) {
    let isServed = explained.plan.all.contains(where: \.isOrderedByDistance)
    let other =
      isServed
      ? try plan(statement.text, off: ["enable_indexscan"], on: Self.otherWays, &db)
      : try plan(statement.text, off: Self.otherWays, &db)
    let verdict = Verdict.judge(explained, alternative: isServed ? nil : other, catalogue)
    return (verdict, isServed ? other?.cost : verdict.indexCost)
  }

  /// The statement rewritten until an index can serve it, as the planner itself says.
  func correction(
    of verdict: Verdict,
    on db: inout PQConnection
  ) throws(PostgresError) -> Explanation.Correction? {
    var sql = statement.text
    var verdict = verdict
    for _ in 1...4 {
      var next: (sql: String, verdict: Verdict)?
      for candidate in Correction.candidates(sql, verdict) where candidate != sql {
        guard let taken = try plan(candidate, &db) else { continue }
        if taken.plan.all.contains(where: \.isOrderedByDistance) {
          return .init(sql: candidate, isTaken: true, cost: taken.cost)
        }
        let forced = try plan(candidate, off: Self.otherWays, &db)
        if let forced, forced.plan.all.contains(where: \.isOrderedByDistance) {
          return .init(sql: candidate, isTaken: false, cost: forced.cost)
        }
        if next == nil { next = (candidate, Verdict.judge(taken, alternative: forced, catalogue)) }
      }
      guard let next, next.verdict.cause != verdict.cause else { return nil }
      (sql, verdict) = next
    }
    return nil
  }
}
