/// Whether a search may use an approximate index.
public enum SearchMode: Sendable, Hashable {
  /// Every row is compared: full recall, time linear in the rows.
  case exact
  /// An index may answer; HNSW keeps at least so many candidates. Where it is preferred, no plan sorts all rows
  /// that another way is left for.
  case approximate(efSearchFloor: Int, preferringIndex: Bool = false)
  /// An IVFFlat index of so many lists may answer; it reads the square root of their number, which is what
  /// pgvector's manual starts with.
  case probing(lists: Int, preferringIndex: Bool = false)

  /// Whether plans that sort all rows are ruled out.
  public var prefersIndex: Bool {
    switch self {
    case .exact: false
    case .approximate(_, let preferringIndex), .probing(_, let preferringIndex): preferringIndex
    }
  }

  /// Whether an index goes on where its first candidates leave too few rows.
  private static func iterates(_ limit: Int, _ isFiltered: Bool) -> Bool {
    isFiltered || limit > 500
  }

  /// Whether rows may come out of order: an IVFFlat index that goes on has no other way.
  func isRelaxed(limit: Int, isFiltered: Bool) -> Bool {
    if case .probing = self { Self.iterates(limit, isFiltered) } else { false }
  }

  /// What goes before the statement, in its own transaction.
  ///
  /// HNSW returns no more rows than it keeps candidates, so `hnsw.ef_search` is at least twice the
  /// limit, within pgvector's range of 1 to 1000. What a filter takes away from the candidates an iterative
  /// scan replaces, and so it does where that range ends before twice the limit: the rows of the probe
  /// are taken away, too. A plan for any value of a filter's
  /// parameters would not know how many rows it leaves. Exact search is what pgvector's manual does: no
  /// index scan is planned for the length of the transaction (the btree of a filter still serves, by a
  /// bitmap).
  ///
  /// A planner that may sort all rows takes their vectors for cheap: it does not count what it costs to fetch
  /// those that are stored out of line, which is most of it.
  public func settings(limit: Int, isFiltered: Bool = false) -> [SQLSetting] {
    let planning = isFiltered ? [SQLSetting("plan_cache_mode", "force_custom_plan")] : []
    switch self {
    case .exact: return [SQLSetting("enable_indexscan", "off")] + planning
    case .approximate(let floor, let preferringIndex):
      let candidates = max(1, min(1000, max(floor, 2 * max(0, min(limit, 1000)))))
      let iterates = Self.iterates(limit, isFiltered)
      return [SQLSetting("hnsw.ef_search", String(candidates))]
        + (iterates ? [SQLSetting("hnsw.iterative_scan", "strict_order")] : [])
        + (preferringIndex ? [SQLSetting("enable_sort", "off")] : []) + planning
    case .probing(let lists, let preferringIndex):
      // No index is planned for a scan of all lists.
      let probes = max(1, min(lists - 1, Int(Double(lists).squareRoot().rounded(.up))))
      return [SQLSetting("ivfflat.probes", String(probes))]
        + (Self.iterates(limit, isFiltered)
          ? [SQLSetting("ivfflat.iterative_scan", "relaxed_order")] : [])
        + (preferringIndex ? [SQLSetting("enable_sort", "off")] : []) + planning
    }
  }
}
