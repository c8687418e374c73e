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
    _ catalogue: CatalogueSnapshot
  ) throws {
    let nodes = explained.plan.all
    guard
      let scan = nodes.first(where: \.isOrderedByDistance) ?? verdict.searchedScan,
      let came = scan.actualRows, let loops = scan.loops
    else { return nil }
    let end = explained.plan.limit { $0.relation == scan.relation && $0.alias == scan.alias }
    let limits = LimitClause.values(in: statement)
    asked = end.flatMap { node in
      limits.count == 1 ? limits[0] : limits.first { Double($0) == node.expectedRows }
    }
    let top = end ?? explained.plan
    returned = Int(((top.actualRows ?? 0) * (top.loops ?? 1)).rounded())
    let removed = (scan.removedByFilter ?? 0) * loops
    visited = Int((came * loops + removed).rounded())
    let rows = catalogue.tables.first { $0.name == scan.relation }?.rows ?? 0
    let isFiltered = scan.filter.map { !$0.hasSuffix("IS NOT NULL)") } ?? false
    expectedShare = isFiltered && rows > 0 ? min(1, scan.expectedRows / Double(rows)) : nil
    share = isFiltered && visited > 0 ? came * loops / Double(visited) : nil
    let read = { (name: String) throws in
      try (blocks.after.first?.decode(name, as: Int.self) ?? 0)
        - (blocks.before.first?.decode(name, as: Int.self) ?? 0)
    }
    heapBlocks = try read("heap")
    toastBlocks = try read("toast")
    indexBlocks = try read("indexes")
    stop = Self.stop(
      scan,
      asked: asked,
      returned: returned,
      visited: visited,
      rows: rows,
      settings
    )
  }

  private static func stop(
    _ scan: PlanNode,
    asked: Int?,
    returned: Int,
    visited: Int,
    rows: Int,
    _ settings: [SQLSetting]
  ) -> String {
    let setting = { (name: String) in settings.first { $0.name == name }?.value }
    guard scan.isOrderedByDistance else { return "every row was compared" }
    if let asked, returned >= asked { return "LIMIT was reached" }
    let isHNSW = setting("hnsw.ef_search") != nil
    let iteration = setting("hnsw.iterative_scan") ?? "off"
    guard isHNSW else { return "the index had no more rows" }
    if iteration == "off" {
      let candidates = setting("hnsw.ef_search") ?? "40"
      return
        "hnsw.ef_search = \(candidates): the index gives no more candidates, hnsw.iterative_scan is off"
    }
    let most = setting("hnsw.max_scan_tuples").flatMap { Int($0) } ?? 20_000
    return rows > most
      ? "hnsw.max_scan_tuples = \(most), or the memory of hnsw.scan_mem_multiplier"
      : "no more rows pass the filter"
  }
}
