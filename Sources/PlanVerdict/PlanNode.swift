/// A node of the server's plan, as EXPLAIN (FORMAT JSON) gives it.
package struct PlanNode: Decodable, Sendable {
  /// What it does: `Limit`, `Index Scan`.
  package let type: String
  /// How its parent uses it: `Outer`, `InitPlan`, `SubPlan`.
  let parentRelationship: String?
  /// The name of a sub-plan: `CTE profile`, `InitPlan 1`.
  let subplanName: String?
  let strategy: String?
  let joinType: String?
  package let schema: String?
  package let relation: String?
  package let alias: String?
  let cteName: String?
  let functionName: String?
  package let index: String?
  let scanDirection: String?
  let cost: Double
  /// The rows that the planner expects, each time it runs.
  package let expectedRows: Double
  package let actualTime: Double?
  /// The rows that came, each time it ran on average.
  package let actualRows: Double?
  package let loops: Double?
  let indexCondition: String?
  /// The distance that an approximate index is read in the order of.
  package let orderBy: String?
  let recheckCondition: String?
  package let filter: String?
  let oneTimeFilter: String?
  let joinFilter: String?
  let hashCondition: String?
  let mergeCondition: String?
  package let removedByFilter: Double?
  let removedByRecheck: Double?
  let removedByJoinFilter: Double?
  let sortKey: [String]?
  let presortedKey: [String]?
  let sortMethod: String?
  let groupKey: [String]?
  let output: [String]?
  let hitBlocks: Int?
  let readBlocks: Int?
  let tempReadBlocks: Int?
  let tempWrittenBlocks: Int?
  let indexSearches: Double?
  let isDisabled: Bool?
  let isParallel: Bool?
  let workersPlanned: Int?
  let workersLaunched: Int?
  /// What it takes its rows from.
  package let plans: [PlanNode]?

  enum CodingKeys: String, CodingKey {
    case type = "Node Type"
    case parentRelationship = "Parent Relationship"
    case subplanName = "Subplan Name"
    case strategy = "Strategy"
    case joinType = "Join Type"
    case schema = "Schema"
    case relation = "Relation Name"
    case alias = "Alias"
    case cteName = "CTE Name"
    case functionName = "Function Name"
    case index = "Index Name"
    case scanDirection = "Scan Direction"
    case cost = "Total Cost"
    case expectedRows = "Plan Rows"
    case actualTime = "Actual Total Time"
    case actualRows = "Actual Rows"
    case loops = "Actual Loops"
    case indexCondition = "Index Cond"
    case orderBy = "Order By"
    case recheckCondition = "Recheck Cond"
    case filter = "Filter"
    case oneTimeFilter = "One-Time Filter"
    case joinFilter = "Join Filter"
    case hashCondition = "Hash Cond"
    case mergeCondition = "Merge Cond"
    case removedByFilter = "Rows Removed by Filter"
    case removedByRecheck = "Rows Removed by Index Recheck"
    case removedByJoinFilter = "Rows Removed by Join Filter"
    case sortKey = "Sort Key"
    case presortedKey = "Presorted Key"
    case sortMethod = "Sort Method"
    case groupKey = "Group Key"
    case output = "Output"
    case hitBlocks = "Shared Hit Blocks"
    case readBlocks = "Shared Read Blocks"
    case tempReadBlocks = "Temp Read Blocks"
    case tempWrittenBlocks = "Temp Written Blocks"
    case indexSearches = "Index Searches"
    case isDisabled = "Disabled"
    case isParallel = "Parallel Aware"
    case workersPlanned = "Workers Planned"
    case workersLaunched = "Workers Launched"
    case plans = "Plans"
  }

  var children: [PlanNode] { plans ?? [] }

  /// The node and all below it, parents first.
  package var all: [PlanNode] { [self] + children.flatMap(\.all) }

  /// Whether it reads an index in the order of a distance, which only an approximate one can be.
  package var isOrderedByDistance: Bool { index != nil && orderBy != nil }

  /// Whether it is what an expression calls by a name; parts of a partitioned table go by the name of the whole.
  func isCalled(_ name: String?) -> Bool {
    guard let name, let alias else { return false }
    guard alias != name else { return true }
    let rest = alias.hasPrefix(name + "_") ? alias.dropFirst(name.count + 1) : ""
    return !rest.isEmpty && rest.allSatisfy(\.isNumber)
  }

  /// Whether the rows that it returns are made of many rows each.
  package var isAggregated: Bool {
    switch type {
    case "Aggregate", "Group", "SetOp", "Unique": true
    case "Limit", "Sort", "Incremental Sort", "Result", "Gather", "Gather Merge", "Subquery Scan":
      children.contains { $0.parentRelationship != "InitPlan" && $0.isAggregated }
    default: false
    }
  }

  /// The nearest LIMIT above a node.
  ///
  /// - Parameter isSought: Tells the node.
  /// - Returns: The node of the LIMIT; nil where there is none above.
  package func limit(above isSought: (PlanNode) -> Bool) -> PlanNode? {
    for child in children {
      if let found = child.limit(above: isSought) { return found }
    }
    guard type == "Limit", children.contains(where: { $0.all.contains(where: isSought) }) else {
      return nil
    }
    return self
  }

  /// Whether it puts rows in order.
  var isSort: Bool { type == "Sort" || type == "Incremental Sort" }
}
