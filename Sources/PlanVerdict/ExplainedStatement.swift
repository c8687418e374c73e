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

  /// The index of a table that is read in the order of a distance: only an approximate one can be.
  package func orderedIndex(of table: String?) -> String? {
    plan.all.first { $0.isOrderedByDistance && $0.relation == table }?.index
  }
}
