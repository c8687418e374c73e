import PGCatalog
import PQClient
import PlanVerdict
import VectorSQL

extension SearchReport {
  /// Reads from a plan that ran what the search did; nil where it searched nothing.
  init?(
    _ explained: ExplainedStatement,
    _ verdict: Verdict,
    _ statement: SQLStatement,
    _ settings: [SQLSetting],
    blocks: (before: PQResult, after: PQResult),
    probeFlaw: String?,
    _ catalogue: CatalogueSnapshot
  ) throws {
    let nodes = explained.plan.all
    let ordered = explained.distanceScans
    let scans = ordered.isEmpty ? verdict.searchedScan.map { [$0] } ?? [] : ordered
    guard let scan = scans.first, scan.actualRows != nil else { return nil }
    self.probeFlaw = probeFlaw
    let end = explained.plan.limit { $0.relation == scan.relation && $0.alias == scan.alias }
    let limits = LimitClause.values(in: statement)
    let isOnly = limits.count == 1 && nodes.count { $0.type == "Limit" } == 1
    let once = end.flatMap { node in
      isOnly ? limits[0] : limits.first { Double($0) == node.expectedRows }
    }
    asked = once.map { $0 * max(1, Int(end?.loops ?? 1)) }
    let top = end ?? explained.plan
    returned = Int(((top.actualRows ?? 0) * (top.loops ?? 1)).rounded())
    let came = scans.reduce(0) { $0 + ($1.actualRows ?? 0) * ($1.loops ?? 1) }
    let removed = scans.reduce(0) { $0 + ($1.removedByFilter ?? 0) * ($1.loops ?? 1) }
    visited = Int((came + removed).rounded())
    let relations = Set(scans.map(\.relation))
    let rows = catalogue.tables.filter { relations.contains($0.name) }.reduce(0) { $0 + $1.rows }
    let isFiltered = scan.filter.map { !$0.hasSuffix("IS NOT NULL)") } ?? false
    expectedShare =
      isFiltered && rows > 0
      ? min(1, scans.reduce(0) { $0 + $1.expectedRows } / Double(rows)) : nil
    share = isFiltered && visited > 0 ? came / Double(visited) : nil
    let read = { (name: String) throws in
      try (blocks.after.first?.decode(name, as: Int.self) ?? 0)
        - (blocks.before.first?.decode(name, as: Int.self) ?? 0)
    }
    heapBlocks = try read("heap")
    toastBlocks = try read("toast")
    indexBlocks = try read("indexes")
    let method = catalogue.tables.flatMap(\.indexes).first { $0.name == scan.index }?.method
    (stop, remedy) = Self.stop(
      scan,
      method,
      asked: asked,
      returned: returned,
      visited: visited,
      rows: rows,
      settings
    )
  }

  private static func stop(
    _ scan: PlanNode,
    _ method: String?,
    asked: Int?,
    returned: Int,
    visited: Int,
    rows: Int,
    _ settings: [SQLSetting]
  ) -> (String, remedy: String?) {
    let setting = { (name: String) in settings.first { $0.name == name }?.value }
    guard scan.isOrderedByDistance else { return ("every row was compared", nil) }
    guard let asked else { return ("LIMIT is no plain number, so what ended it is not known", nil) }
    if returned >= asked { return ("LIMIT was reached", nil) }
    guard let method, let iteration = setting("\(method).iterative_scan") else {
      return ("the index had no more rows", nil)
    }
    let isGraph = method == "hnsw"
    if iteration == "off" {
      let most = isGraph ? "hnsw.ef_search" : "ivfflat.probes"
      return (
        "\(most) = \(setting(most) ?? ""): the index gives no more, and \(method).iterative_scan is off",
        "SET \(method).iterative_scan = \(isGraph ? "strict" : "relaxed")_order; or a larger \(most)"
      )
    }
    let most = isGraph ? "hnsw.max_scan_tuples" : "ivfflat.max_probes"
    guard let limit = setting(most).flatMap({ Int($0) }), rows > limit else {
      return ("no more rows pass the filter", nil)
    }
    return (
      "\(most) = \(limit)" + (isGraph ? ", or the memory of hnsw.scan_mem_multiplier" : ""),
      "a larger \(most), or an index on what the filter compares"
    )
  }
}
