import PGCatalog
import PQClient
import PlanVerdict
import VectorSQL

/// How many rows the planner expects a filter to leave.
struct FilterEstimate {
  /// The estimate.
  let rows: Int

  /// Whether to compare all that the filter leaves costs less than to walk an index past what it takes away.
  ///
  /// A walk visits about limit · all / rows candidates, and ten rows for each: so many as the filter leaves
  /// can be compared in the meantime, with full recall.
  func isFewerThanAnIndexVisits(of all: Int, for limit: Int) -> Bool {
    Double(rows) * Double(rows) <= 10 * Double(limit) * Double(all)
  }

  /// Asks the planner, which reads no row.
  static func rows(
    _ filter: SQLPredicate,
    of target: SearchTarget,
    on db: inout PQConnection
  ) throws -> FilterEstimate {
    try rows("SELECT\nFROM \(target.rows.identifier)\nWHERE \(filter.sql)", on: &db)
  }

  /// Asks the planner about any query.
  static func rows(_ query: SQLFragment, on db: inout PQConnection) throws -> FilterEstimate {
    let json: String = try db.query(SQLStatement(query).explained("FORMAT JSON")).scalar()
    return FilterEstimate(rows: Int(try ExplainedStatement.read(json).plan.expectedRows))
  }
}
