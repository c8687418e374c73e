extension ExplainedStatement {
  /// The plan's fingerprint: its nodes with what they read and in which order, without a number in it, so that
  /// it changes when the plan flips and with nothing else.
  ///
  /// ```
  /// Limit
  ///   Incremental Sort
  ///     Index Scan product_embedding on product, by distance
  /// ```
  package var outline: String { plan.outline(depth: 0).joined(separator: "\n") }
}

extension PlanNode {
  fileprivate func outline(depth: Int) -> [String] {
    let ends = isOrderedByDistance ? ", by distance" : ""
    let line = String(repeating: "  ", count: depth) + title + ends
    return [line] + children.flatMap { $0.outline(depth: depth + 1) }
  }

  /// What it does, and with what: `Index Scan product_pkey on product AS p`.
  var title: String {
    var words = [type]
    switch type {
    case "Aggregate":
      let kinds = [
        "Hashed": "HashAggregate", "Sorted": "GroupAggregate", "Mixed": "MixedAggregate",
      ]
      words = [strategy.flatMap { kinds[$0] } ?? type]
    case "Nested Loop", "Hash Join", "Merge Join":
      if let joinType, joinType != "Inner" { words = ["\(type) (\(joinType))"] }
    default: break
    }
    if isParallel == true { words[0] = "Parallel " + words[0] }
    if scanDirection == "Backward" { words.append("backward") }
    if let index { words.append(index) }
    if let name = relation ?? cteName ?? functionName {
      words.append("on \(name)")
      if let alias, alias != name { words.append("AS \(alias)") }
    } else if type == "Subquery Scan", let alias {
      words.append("on \(alias)")
    }
    let name = subplanName.map { Self.withoutNumber($0) + ": " } ?? ""
    return name + words.joined(separator: " ")
  }

  /// `InitPlan 1` and `InitPlan 1 (returns $0)` are `InitPlan`: their numbers tell nothing.
  private static func withoutNumber(_ name: String) -> String {
    let first = name.split(separator: " ").first.map(String.init) ?? name
    return first == "CTE" ? name : first
  }
}
