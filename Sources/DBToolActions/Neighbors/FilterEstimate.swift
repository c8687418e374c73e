import PGCatalog
import PQClient
import VectorSQL

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

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

  private struct Plan: Decodable {
    struct Node: Decodable {
      let rows: Double
      enum CodingKeys: String, CodingKey { case rows = "Plan Rows" }
    }

    let plan: Node
    enum CodingKeys: String, CodingKey { case plan = "Plan" }
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
    let plans = try JSONDecoder().decode([Plan].self, from: Data(json.utf8))
    return FilterEstimate(rows: Int(plans.first?.plan.rows ?? 0))
  }
}
