#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The server's plan as EXPLAIN (FORMAT JSON) gives it, as far as a search needs to know it.
struct ExplainedPlan {
  private struct Root: Decodable {
    var plan: Node

    enum CodingKeys: String, CodingKey { case plan = "Plan" }
  }

  private struct Node: Decodable {
    var relation: String?
    var indexName: String?
    var orderBy: String?
    var cost: Double
    var plans: [Node]?

    enum CodingKeys: String, CodingKey {
      case relation = "Relation Name"
      case indexName = "Index Name"
      case orderBy = "Order By"
      case cost = "Total Cost"
      case plans = "Plans"
    }

    var all: [Node] { [self] + (plans ?? []).flatMap(\.all) }
  }

  private let nodes: [Node]
  /// What the planner expects of the whole statement, in its own units.
  let cost: Double

  /// What a server before 18 adds to the cost of each way that is switched off.
  private static let penalty = 1e10

  init(json: String) throws {
    let roots = try JSONDecoder().decode([Root].self, from: Data(json.utf8))
    nodes = roots.flatMap(\.plan.all)
    cost = (roots.first?.plan.cost ?? 0).truncatingRemainder(dividingBy: Self.penalty)
  }

  /// The index of a table that is read in the order of a distance: only an approximate one can be.
  func orderedIndex(of table: String?) -> String? {
    nodes.first { $0.orderBy != nil && $0.relation == table }?.indexName
  }
}
