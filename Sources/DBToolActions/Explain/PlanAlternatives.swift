import PQClient
import PlanVerdict
import VectorSQL

/// Plans a statement again with other ways made expensive: what proves a verdict, and a correction.
struct Planner {
  let statement: SQLStatement
  let catalogue: CatalogueSnapshot
  /// Plans and runs with the statement's values.
  let rehearsal: Rehearsal

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
    let settings = off.map { SQLSetting($0, "off") } + on.map { SQLSetting($0, "on") }
    let outcome = try rehearsal.run(
      sql,
      explaining: "VERBOSE, SETTINGS, FORMAT JSON",
      settings: settings.map { SQLStatement($0) },
      on: &db
    )
    guard case .success(let result) = outcome else { return nil }
    let json: String = try result.scalar()
    return try? ExplainedStatement.read(json)
  }

  /// Judges a plan by what it would have been otherwise.
  func verdict(
    _ explained: ExplainedStatement,
    on db: inout PQConnection
  ) throws(PostgresError) -> (verdict: Verdict, otherCost: Double?) {
    let isServed = Verdict.isServed(explained, catalogue)
    let other =
      isServed
      ? try plan(statement.text, off: ["enable_indexscan"], on: Self.otherWays, &db)
      : try plan(statement.text, off: Self.otherWays, &db)
    let verdict = Verdict.judge(
      statement,
      explained,
      alternative: isServed ? nil : other,
      catalogue
    )
    return (verdict, isServed ? other?.cost : verdict.indexCost)
  }

  /// The statement rewritten until an index can serve it, as the planner itself says.
  ///
  /// - Parameters:
  ///   - verdict: What is wrong with it.
  ///   - mayRun: Whether a part of it may be run to see that it has one row.
  ///   - db: The connection, in the statement's transaction.
  /// - Returns: The statement; nil where there is none that an index serves.
  /// - Throws: `PostgresError` from the server.
  func correction(
    of verdict: Verdict,
    mayRun: Bool,
    on db: inout PQConnection
  ) throws(PostgresError) -> Explanation.Correction? {
    var sql = statement.text
    var verdict = verdict
    var differences: [String] = []
    for _ in 1...4 {
      if let difference = verdict.difference { differences.append(difference) }
      var next: (sql: String, verdict: Verdict)?
      for candidate in Correction.candidates(sql, verdict) where candidate.sql != sql {
        if let query = candidate.oneRow {
          guard mayRun, try hasOneRow(query, &db) else { continue }
        }
        // What no row can pass shows as that.
        let checked = ["constraint_exclusion"]
        guard let taken = try plan(candidate.sql, on: checked, &db) else { continue }
        let isTaken = Verdict.isServed(taken, catalogue)
        let forced = isTaken ? nil : try plan(candidate.sql, off: Self.otherWays, on: checked, &db)
        if isTaken || forced.map({ Verdict.isServed($0, catalogue) }) == true {
          return .init(
            sql: candidate.sql,
            isTaken: isTaken,
            cost: (forced ?? taken).cost,
            differences: differences + [candidate.difference].compactMap(\.self)
          )
        }
        if next == nil {
          let rewritten = SQLStatement(text: candidate.sql, binds: statement.binds)
          let judged = Verdict.judge(rewritten, taken, alternative: forced, catalogue)
          next = (candidate.sql, judged)
        }
      }
      // Another distance is only taken where the statement's own one is all that is wrong.
      guard let next, next.verdict.cause != verdict.cause, next.verdict.cause != .wrongOperator
      else { return nil }
      (sql, verdict) = next
    }
    return nil
  }

  private func hasOneRow(_ query: String, _ db: inout PQConnection) throws(PostgresError) -> Bool {
    let outcome = try rehearsal.run(
      "SELECT count(*) = 1 FROM (SELECT FROM (\(query)) AS probe LIMIT 2) AS counted",
      on: &db
    )
    guard case .success(let result) = outcome else { return false }
    let isOne: String = try result.scalar()
    return isOne == "t"
  }
}
