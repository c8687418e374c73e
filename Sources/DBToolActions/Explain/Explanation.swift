package import PlanVerdict
package import VectorSQL

/// A statement with the server's plan, what to make of it, and everything needed to check that.
package struct Explanation: Sendable {
  /// What was explained.
  package let statement: SQLStatement
  /// The settings in force while it ran, pgvector's among them.
  package let settings: [SQLSetting]
  /// The server's own JSON, as it came.
  package let json: String
  /// The plan.
  package let explained: ExplainedStatement
  /// The plan as a tree.
  package let tree: PlanTree
  /// Why an index served, or none.
  package let verdict: Verdict
  /// The planner's cost of the other way: every row compared where an index served, an index otherwise.
  package let otherCost: Double?
  /// The statement as it should be, where its text is to blame.
  package let correction: Correction?
  /// What the search did; nil where nothing ran, or nothing was searched.
  package let search: SearchReport?
  /// The share of the exact answer's rows that the answer has; nil where nobody asked.
  package let recall: Recall?

  /// A corrected statement, and whether an index serves it.
  package struct Correction: Sendable {
    /// The SQL.
    package let sql: String
    /// Whether the planner takes the index for it by itself; otherwise only with other ways made expensive.
    package let isTaken: Bool
    /// The planner's cost.
    package let cost: Double
    /// What it asks otherwise than the statement; none where it asks the same.
    package let differences: [String]
  }

  /// The share of the exact answer that was found.
  package struct Recall: Sendable {
    /// Rows of the exact answer that came.
    package let found: Int
    /// Rows of the exact answer.
    package let exact: Int
    /// 0 to 1; nil where the exact answer has no rows.
    package var share: Double? { exact == 0 ? nil : Double(found) / Double(exact) }
  }
}

/// What a nearest-neighbour search did.
package struct SearchReport: Sendable {
  /// What is wrong with what was searched for, as the rest of a sentence; nil where nothing is known to be.
  package let probeFlaw: String?
  /// The rows asked for; nil without a LIMIT.
  package let asked: Int?
  /// The rows that came.
  package let returned: Int
  /// The rows that were looked at: by the index, or all that were compared.
  package let visited: Int
  /// What ended it.
  package let stop: String
  /// What to do where it ended before the LIMIT.
  package let remedy: String?
  /// The share of the rows that the planner expected the filter to leave; nil without a filter.
  package let expectedShare: Double?
  /// The share that it left of those visited.
  package let share: Double?
  /// Pages of 8 kB read of the tables with vectors: of their rows, of what is stored out of line, of indexes.
  package let heapBlocks: Int
  package let toastBlocks: Int
  package let indexBlocks: Int

  /// The part of the pages that holds vectors stored out of line.
  package var toastShare: Double? {
    let all = heapBlocks + toastBlocks + indexBlocks
    return all == 0 ? nil : Double(toastBlocks) / Double(all)
  }
}
