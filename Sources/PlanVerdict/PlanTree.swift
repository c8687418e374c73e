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
    var place = 0
    rows = Self.rows(
      explained.plan,
      [],
      limited: false,
      0,
      Costs(explained.plan, indexes),
      &place
    )
  }

  private struct Costs {
    let indexes: [TableIndex]
    /// For the place of each node in the plan the sub-plans whose figures its own hold, besides its children's.
    private var charged: [Int: [PlanNode]] = [:]

    /// A CTE runs where it is scanned, an InitPlan where its value is first asked for, and both stand elsewhere.
    init(_ plan: PlanNode, _ indexes: [TableIndex]) {
      self.indexes = indexes
      let nodes = plan.all
      for node in nodes where node.isSubplan {
        let own = nodes.indices.first { nodes[$0].subplanName == node.subplanName } ?? 0
        let inside = own..<own + node.all.count
        let users = nodes.indices.filter { !inside.contains($0) && nodes[$0].uses(node) }
        guard let user = users.first(where: { nodes[$0].oneTimeFilter != nil }) ?? users.last else {
          continue
        }
        charged[user, default: []].append(node)
      }
    }

    private func left<Figure: Comparable & SignedNumeric>(
      of node: PlanNode,
      at place: Int,
      _ figure: (PlanNode) -> Figure?
    ) -> Figure? {
      guard var left = figure(node) else { return nil }
      let below = node.children.filter { !$0.isSubplan } + (charged[place] ?? [])
      for child in below { left -= figure(child) ?? 0 }
      return max(0, left)
    }

    func own(_ node: PlanNode, at place: Int, workers: Int) -> Double? {
      left(of: node, at: place) { figure in
        guard let time = figure.actualTime, let loops = figure.loops else { return nil }
        return time * loops / Double(workers + 1)
      }
    }

    func blocks(_ node: PlanNode, at place: Int) -> Int? { left(of: node, at: place) { $0.blocks } }
  }

  /// By how many processes the planner divides the rows below a Gather: the leader helps the less the more
  /// workers it has (`get_parallel_divisor` in costsize.c).
  private static func share(of workers: Int) -> Double {
    Double(workers) + max(0, 1 - 0.3 * Double(workers))
  }

  private static func rows(
    _ node: PlanNode,
    _ branches: [Bool],
    limited isLimited: Bool,
    _ workers: Int,
    planned: Int = 0,
    _ costs: Costs,
    _ place: inout Int
  ) -> [Row] {
    let loops = node.loops
    let own = place
    place += 1
    let row = Row(
      branches: branches,
      title: node.title,
      expected: node.expectedRows * (planned > 0 ? share(of: planned) : max(1, loops ?? 1)),
      actual: node.actualRows.map { $0 * (loops ?? 1) },
      loops: loops,
      milliseconds: costs.own(node, at: own, workers: workers),
      blocks: costs.blocks(node, at: own),
      isCutShort: isLimited && (node.actualRows ?? 0) < node.expectedRows,
      details: node.details(costs.indexes)
    )
    let below = workers + (node.workersLaunched ?? 0)
    let inside = node.workersPlanned ?? planned
    var rows = [row]
    for (number, child) in node.children.enumerated() {
      let isLast = number + 1 == node.children.count
      // What sorts or hashes reads all that is below it.
      let isLimited = node.type == "Limit" || isLimited && !node.readsAll
      rows += Self.rows(
        child,
        branches + [!isLast],
        limited: isLimited,
        below,
        planned: inside,
        costs,
        &place
      )
    }
    return rows
  }
}

extension PlanNode {
  /// Whether it runs where its value is asked for, and not where it stands.
  fileprivate var isSubplan: Bool {
    parentRelationship == "InitPlan"
  }

  /// Whether it asks for the value of an InitPlan, or scans a CTE.
  fileprivate func uses(_ plan: PlanNode) -> Bool {
    guard let name = plan.subplanName else { return false }
    if name.hasPrefix("CTE ") { return cteName == String(name.dropFirst(4)) }
    // `InitPlan 1` is asked for as (InitPlan 1).col1; before PostgreSQL 17 `InitPlan 1 (returns $0)` as $0.
    let words = name.split(separator: " ")
    let reference =
      words.count > 2 ? String(words[words.count - 1].dropLast()) : "(\(name))."
    let texts = [oneTimeFilter, filter, orderBy, indexCondition] + (output ?? [])
    return texts.contains { $0?.contains(reference) == true }
  }

  /// The pages that it and all below it read; nil where nothing ran.
  package var blocks: Int? { hitBlocks.flatMap { hit in readBlocks.map { hit + $0 } } }

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
