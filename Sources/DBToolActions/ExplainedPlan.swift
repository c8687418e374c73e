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
    var indexName: String?
    var orderBy: String?
    var plans: [Node]?

    enum CodingKeys: String, CodingKey {
      case indexName = "Index Name"
      case orderBy = "Order By"
      case plans = "Plans"
    }

    var all: [Node] { [self] + (plans ?? []).flatMap(\.all) }
  }

  private let nodes: [Node]

  init(json: String) throws {
    let roots = try JSONDecoder().decode([Root].self, from: Data(json.utf8))
    nodes = roots.flatMap(\.plan.all)
  }

  /// The first index that is read in the order of a distance: only an approximate one can be.
  var orderedIndex: String? { nodes.first { $0.orderBy != nil }?.indexName }
}
