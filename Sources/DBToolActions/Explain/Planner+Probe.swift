import PQClient
import PlanVerdict
import VectorSQL

extension Planner {
  /// What is wrong with what is searched for: then every row is as far away as any other.
  ///
  /// - Parameters:
  ///   - explained: The plan, after it ran.
  ///   - db: The connection, in the statement's transaction.
  /// - Returns: A sentence; nil where nothing is wrong, or where it cannot be told cheaply.
  /// - Throws: `PostgresError` where the transaction cannot go on.
  func flaw(
    ofProbeIn explained: ExplainedStatement,
    on db: inout PQConnection
  ) throws(PostgresError) -> String? {
    guard let query = ProbeQuery(statement.text, explained, catalogue),
      case .success(let result) = try rehearsal.run(query.sql, on: &db), let row = result.first
    else { return nil }
    // A rehearsal brings text.
    let (isNull, isZero): (String?, String?) = (try row["is_null"], try row["is_zero"])
    if isNull == "t" { return "is NULL: every distance is NULL, and the order means nothing" }
    guard isZero == "t" else { return nil }
    return query.metric == "cosine"
      ? "is a zero vector: its cosine distance from every row is NaN, and the order means nothing"
      : "is a zero vector: its inner product with every row is 0, and the order means nothing"
  }
}
