import PGCatalog
import VectorSQL

/// The facts at hand while a plan is judged.
struct Judgement {
  /// Tables with fewer rows count as small.
  private static let smallTable = 10_000

  typealias Finding = (Verdict.Cause, String, TableIndex?, [String])

  let explained: ExplainedStatement
  let alternative: ExplainedStatement?
  let catalogue: CatalogueSnapshot
  /// The node that reads an approximate index.
  let served: PlanNode?
  /// The search that none serves.
  let searched: SearchedColumn?

  init(
    _ explained: ExplainedStatement,
    _ alternative: ExplainedStatement?,
    _ catalogue: CatalogueSnapshot
  ) {
    self.explained = explained
    self.alternative = alternative
    self.catalogue = catalogue
    served = explained.plan.all.first(where: \.isOrderedByDistance)
    // Beside a search that an index serves, one of a few rows does no harm.
    searched =
      served == nil
      ? SearchedColumn.find(in: explained.plan, catalogue)
      : SearchedColumn.sorted(in: explained.plan, catalogue)
        .flatMap { $0.table.rows < Self.smallTable ? nil : $0 }
  }

  private func index(_ name: String?) -> TableIndex? {
    // The plan names the part of a partition; the catalogue the index that it is a part of.
    let all = catalogue.tables.flatMap(\.indexes)
    return all.first { $0.name == name }
  }

  /// The node of the alternative that reads an approximate index.
  var alternativeIndex: PlanNode? { alternative?.plan.all.first(where: \.isOrderedByDistance) }

  func verdict(of statement: SQLStatement) -> Finding {
    guard let node = served else { return searched.map(judged) ?? none(in: statement) }
    let found = index(node.index)
    let name = node.index ?? ""
    guard let searched else {
      return (
        .served,
        "index \(name)\(found.map { " (\($0.summary))" } ?? "") is read in the order of the distance",
        found, []
      )
    }
    let (cause, sentence, other, remedies) = judged(searched)
    return (
      cause, "index \(name) serves one search in it, and another none: \(sentence)", other, remedies
    )
  }

  private func none(in statement: SQLStatement) -> Finding {
    let sentence =
      OrderClause.isByNull(statement)
      ? "what is searched for is NULL: every distance is NULL, and the order means nothing"
      : "nothing in it is ordered by the distance from a column of vectors"
    return (.noSearch, sentence, nil, [])
  }

  private func judged(_ searched: SearchedColumn) -> Finding {
    shape(searched) ?? indexes(searched) ?? probe(searched) ?? costs(searched)
  }

  /// What is wrong however the data are.
  private func shape(_ searched: SearchedColumn) -> Finding? {
    guard let order = searched.order else {
      return (
        .noOrder,
        "a distance is only compared with a threshold: every row is; take the nearest with ORDER BY and LIMIT, "
          + "and compare outside", nil, []
      )
    }
    let sign = searched.distance.sign
    if let function = searched.distance.function {
      return (
        .function,
        "ordered by the function \(function)(): an index serves only the operator \(sign)",
        nil, []
      )
    }
    if order.isExpression {
      return (
        .expression,
        "ordered by an expression around \(sign)"
          + (order.isDescending ? ", descending: rows without a vector come first" : "")
          + (order.grows == order.isDescending ? ", and the farthest rows before the nearest" : "")
          + "; an index has the order of the bare distance alone", nil, []
      )
    }
    if order.isDescending {
      return (
        .descending,
        "ordered by \(sign) DESC, the farthest first, and before them the rows without a vector",
        nil, []
      )
    }
    if order.hasNullsFirst {
      return (
        .notFirst,
        "NULLS FIRST puts the rows without a vector before all distances, and an index has none of them",
        nil, []
      )
    }
    guard order.isFirst else {
      return (.notFirst, "something else is ordered by before the distance", nil, [])
    }
    return nil
  }

  // MARK: Probe and costs

  private func probe(_ searched: SearchedColumn) -> Finding? {
    if let source = searched.probeSources.first {
      return (
        .joinProbe,
        "what is searched for comes from a join (\(source)): an index wants a constant, a parameter or a scalar "
          + "sub-select", nil, []
      )
    }
    let called = zip(searched.probe, searched.probe.dropFirst()).filter { $1 == "(" }.map(\.0)
    if let function = called.first(where: { catalogue.volatileFunctions.contains($0) }) {
      return (
        .volatileProbe,
        "what is searched for comes from \(function)(), which is VOLATILE and computed anew for each row",
        nil, []
      )
    }
    guard searched.order?.hasLimit != false else {
      return (.noLimit, "all rows are asked for, and sorted by the distance", nil, [])
    }
    return nil
  }

  private func costs(_ searched: SearchedColumn) -> Finding {
    let rows = searched.table.rows
    guard let node = alternativeIndex, let cost = alternative?.cost else {
      return derived(searched)
        ?? (.unknown, "no plan of this statement reads an approximate index", nil, [])
    }
    let found = index(node.index)
    let both =
      "cost \(Self.number(explained.cost)), against \(Self.number(cost)) with index \(node.index ?? "")"
    let left = searched.scan.expectedRows
    let isFiltered =
      searched.scan.filter.map { !$0.hasSuffix("IS NOT NULL)") } ?? false
      || searched.scan.indexCondition != nil || searched.scan.recheckCondition != nil
    if isFiltered, left < Double(rows) / 2 {
      return (
        .selectiveFilter,
        "the filter leaves about \(Self.number(left)) of \(Self.number(Double(rows))) rows, and comparing those is "
          + "cheaper: \(both)", found, []
      )
    }
    if rows < Self.smallTable {
      return (
        .smallTable,
        "\(Self.number(Double(rows))) rows are so few that comparing all is cheaper: \(both)",
        found, []
      )
    }
    return (.cheaper, "the planner takes another plan for cheaper: \(both)", found, [])
  }

  /// Whether other rows than those of the table are ordered.
  private func derived(_ searched: SearchedColumn) -> Finding? {
    let isSearched = { (node: PlanNode) in
      node.relation == searched.scan.relation && node.alias == searched.scan.alias
    }
    if searched.scan.type == "Sample Scan" {
      return (
        .derivedRows, "TABLESAMPLE takes its rows from the table itself, and reads no index", nil,
        []
      )
    }
    let below = explained.plan.all.filter(\.isSort).flatMap(\.all)
    let kinds = ["Aggregate", "Group", "Unique", "SetOp", "WindowAgg"]
    guard
      let maker = below.first(where: {
        kinds.contains($0.type) && $0.all.contains(where: isSearched)
      })
    else { return nil }
    let work = maker.type == "WindowAgg" ? "numbered by a window function" : "grouped"
    return (
      .derivedRows,
      "the rows are \(work) before they are ordered: search in a sub-select with ORDER BY and LIMIT, and do the "
        + "rest with what it finds", nil, []
    )
  }

  private static func number(_ value: Double) -> String {
    guard value < 1e15 else { return "\(value)" }
    let digits = String(Int(value.rounded()))
    var out = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place) % 3 == 0 { out += "," }
      out.append(digit)
    }
    return out
  }
}

extension TableIndex {
  /// Method, what it serves and its parameters: `hnsw, cosine, m 16, ef_construction 64`.
  package var summary: String {
    let parameters = options.sorted { $0.key > $1.key }.map { "\($0.key) \($0.value)" }
    return ([method, metricName] + parameters + (predicate.map { ["where \($0)"] } ?? []))
      .joined(separator: ", ")
  }

  /// The operator that it serves.
  var sign: String {
    DistanceExpression.metrics.first { $0.value == metricName }?.key ?? metricName
  }
}
