import PGCatalog

/// A plan as it is shown: a row for each node, with what it alone cost.
package struct PlanTree: Sendable {
  /// One node.
  package struct Row: Sendable {
    /// For each level above whether a sibling follows there; the last is the node's own.
    package let branches: [Bool]
    /// What it does.
    package let title: String
    /// The rows that the planner expected, over all loops.
    package let expected: Double
    /// The rows that came, over all loops; nil where nothing ran.
    package let actual: Double?
    /// How often it ran; nil where nothing ran.
    package let loops: Double?
    /// The time that it took without what is below it, in milliseconds.
    package let milliseconds: Double?
    /// The pages of 8 kB that it read without what is below it.
    package let blocks: Int?
    /// Whether a LIMIT ended it before its last row.
    package let isCutShort: Bool
    /// Conditions, keys, rows removed.
    package let details: [String]

    /// How far the planner was off: how many times as many rows came, or as few.
    package var factor: Double? {
      guard let actual, actual != expected else { return nil }
      return max(actual, 1) / max(expected, 1)
    }
  }

  /// The nodes, parents first.
  package let rows: [Row]

  /// The time of all nodes, in milliseconds.
  package var milliseconds: Double { rows.reduce(0) { $0 + ($1.milliseconds ?? 0) } }

  /// Lays out a plan.
  ///
  /// - Parameters:
  ///   - explained: The plan.
  ///   - catalogue: What is said of approximate indexes.
  package init(_ explained: ExplainedStatement, _ catalogue: CatalogueSnapshot) {
    let indexes = catalogue.tables.flatMap(\.indexes)
    let ctes = explained.plan.all.filter { $0.subplanName?.hasPrefix("CTE ") == true }
    rows = Self.rows(explained.plan, [], limited: false, 0, Costs(indexes: indexes, ctes: ctes))
  }

  private struct Costs {
    let indexes: [TableIndex]
    /// Their time is counted where they are scanned, not where they are defined.
    let ctes: [PlanNode]

    func time(of node: PlanNode, workers: Int) -> Double? {
      guard let time = node.actualTime, let loops = node.loops else { return nil }
      return time * loops / Double(workers + 1)
    }

    func own(_ node: PlanNode, workers: Int) -> Double? {
      guard var left = time(of: node, workers: workers) else { return nil }
      let below = workers + (node.workersLaunched ?? 0)
      for child in node.children where child.subplanName?.hasPrefix("CTE ") != true {
        left -= time(of: child, workers: below) ?? 0
      }
      for cte in scanned(node) { left -= time(of: cte, workers: workers) ?? 0 }
      return max(0, left)
    }

    func blocks(_ node: PlanNode) -> Int? {
      guard let all = node.blocks else { return nil }
      let below = node.children.filter { $0.subplanName?.hasPrefix("CTE ") != true } + scanned(node)
      return max(0, below.reduce(all) { $0 - ($1.blocks ?? 0) })
    }

    private func scanned(_ node: PlanNode) -> [PlanNode] {
      ctes.filter { $0.subplanName == node.cteName.map { "CTE " + $0 } }
    }
  }

  private static func rows(
    _ node: PlanNode,
    _ branches: [Bool],
    limited isLimited: Bool,
    _ workers: Int,
    _ costs: Costs
  ) -> [Row] {
    let loops = node.loops
    let row = Row(
      branches: branches,
      title: node.title,
      expected: node.expectedRows * max(1, loops ?? 1),
      actual: node.actualRows.map { $0 * (loops ?? 1) },
      loops: loops,
      milliseconds: costs.own(node, workers: workers),
      blocks: costs.blocks(node),
      isCutShort: isLimited && (node.actualRows ?? 0) < node.expectedRows,
      details: node.details(costs.indexes)
    )
    let below = workers + (node.workersLaunched ?? 0)
    return [row]
      + node.children.enumerated().flatMap { place, child in
        let isLast = place + 1 == node.children.count
        // What sorts or hashes reads all that is below it.
        let isLimited = node.type == "Limit" || isLimited && !node.readsAll
        return rows(child, branches + [!isLast], limited: isLimited, below, costs)
      }
  }
}

extension PlanNode {
  fileprivate var blocks: Int? { hitBlocks.flatMap { hit in readBlocks.map { hit + $0 } } }

  fileprivate var readsAll: Bool {
    ["Sort", "Aggregate", "Hash", "Materialize", "SetOp"].contains(type)
  }

  fileprivate func details(_ indexes: [TableIndex]) -> [String] {
    let approximate = indexes.first { $0.name == index }
    let pairs: [(String, String?)] = [
      ("index", approximate?.summary),
      ("order by", orderBy),
      ("index condition", indexCondition),
      ("recheck", recheckCondition),
      ("filter", filter),
      ("only if", oneTimeFilter),
      ("join filter", joinFilter),
      ("hash condition", hashCondition),
      ("merge condition", mergeCondition),
      ("sort key", sortKey?.joined(separator: ", ")),
      ("presorted", presortedKey?.joined(separator: ", ")),
      ("sort method", sortMethod),
      ("group key", groupKey?.joined(separator: ", ")),
    ]
    let counts: [(String, Double?)] = [
      ("rows removed by filter", removedByFilter.map { $0 * (loops ?? 1) }),
      ("rows removed by recheck", removedByRecheck.map { $0 * (loops ?? 1) }),
      ("rows removed by join filter", removedByJoinFilter.map { $0 * (loops ?? 1) }),
      ("temporary blocks", tempReadBlocks.map { Double($0 + (tempWrittenBlocks ?? 0)) }),
    ]
    return pairs.compactMap { name, text in text.map { "\(name): \($0)" } }
      + counts.compactMap { name, count in
        count.flatMap { $0 > 0 ? "\(name): \(Int($0.rounded()))" : nil }
      } + (loops == 0 ? ["never ran"] : [])
      + (isDisabled == true ? ["switched off, and taken all the same"] : [])
  }
}
