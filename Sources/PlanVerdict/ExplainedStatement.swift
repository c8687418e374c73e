#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What EXPLAIN (FORMAT JSON) says of one statement.
package struct ExplainedStatement: Decodable, Sendable {
  /// The plan's root.
  package let plan: PlanNode
  /// The time that it took to plan, in milliseconds; nil where no SUMMARY was asked for.
  package let planningTime: Double?
  /// The time that it took to run, in milliseconds; nil where it did not run.
  package let executionTime: Double?
  /// The planner's settings that differ from the built-in ones; pgvector's never stand among them.
  package let settings: [String: String]?

  enum CodingKeys: String, CodingKey {
    case plan = "Plan"
    case planningTime = "Planning Time"
    case executionTime = "Execution Time"
    case settings = "Settings"
  }

  /// Reads the server's JSON.
  ///
  /// - Parameter json: An array of one statement.
  /// - Returns: The statement's plan.
  /// - Throws: `DecodingError` for what is no plan.
  package static func read(_ json: String) throws -> ExplainedStatement {
    let all = try JSONDecoder().decode([ExplainedStatement].self, from: Data(json.utf8))
    guard let first = all.first else {
      throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "no plan"))
    }
    return first
  }

  /// What the planner expects of the whole statement, in its own units.
  ///
  /// A server before 18 adds 1e10 for each way that is switched off and taken all the same.
  package var cost: Double { plan.cost.truncatingRemainder(dividingBy: 1e10) }

  /// The scan that reads an index in the order of a distance; of a partitioned table, that of each part.
  package var distanceScans: [PlanNode] {
    let all = plan.all
    guard let first = all.first(where: \.isOrderedByDistance) else { return [] }
    // Below an append, a LIMIT would make each part a search by itself.
    let parts = all.first { node in
      let below = node.children.flatMap(\.all)
      return node.type.hasSuffix("Append") && below.contains { $0.isOrderedByDistance }
        && !below.contains { $0.type == "Limit" }
    }
    return parts?.all.filter(\.isOrderedByDistance) ?? [first]
  }

  /// The index that is read in the order of a distance, or several with commas: only approximate ones can be.
  package var orderedIndex: String? {
    let names = distanceScans.compactMap(\.index)
    return names.isEmpty ? nil : names.joined(separator: ", ")
  }
}
