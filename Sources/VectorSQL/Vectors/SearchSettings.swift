/// How far an approximate index is searched: more finds more, and takes longer.
public enum SearchEffort: Sendable, Hashable {
  /// HNSW keeps so many candidates, 1 to 1000: `hnsw.ef_search`.
  case efSearch(Int)
  /// IVFFlat reads so many of its lists: `ivfflat.probes`.
  case probes(Int)
}

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
  /// An index may answer and is searched just so far, whatever the limit is: as far as somebody measured that it
  /// has to be.
  case measured(SearchEffort, preferringIndex: Bool = false)

  /// Whether plans that sort all rows are ruled out.
  public var prefersIndex: Bool {
    switch self {
    case .exact: false
    case .approximate(_, let preferringIndex), .probing(_, let preferringIndex),
      .measured(_, let preferringIndex):
      preferringIndex
    }
  }

  /// Whether an index goes on where its first candidates leave too few rows.
  private static func iterates(_ limit: Int, _ isFiltered: Bool) -> Bool {
    isFiltered || limit > 500
  }

  /// Whether rows may come out of order: an IVFFlat index that goes on has no other way.
  func isRelaxed(limit: Int, isFiltered: Bool) -> Bool {
    switch self {
    case .probing, .measured(.probes, _): Self.iterates(limit, isFiltered)
    case .exact, .approximate, .measured(.efSearch, _): false
    }
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
    let choosing = prefersIndex ? [SQLSetting("enable_sort", "off")] : []
    switch self {
    case .exact: return [SQLSetting("enable_indexscan", "off")] + planning
    case .approximate(let floor, _):
      let candidates = max(1, min(1000, max(floor, 2 * max(0, min(limit, 1000)))))
      return Self.graph(candidates, iterating: Self.iterates(limit, isFiltered)) + choosing
        + planning
    case .measured(.efSearch(let candidates), _):
      // The row that a probe is made of is among the candidates, too.
      let iterates = Self.iterates(limit, isFiltered) || candidates <= limit
      return Self.graph(candidates, iterating: iterates) + choosing + planning
    case .probing(let lists, _):
      // No index is planned for a scan of all lists.
      let probes = max(1, min(lists - 1, Int(Double(lists).squareRoot().rounded(.up))))
      return Self.lists(probes, iterating: Self.iterates(limit, isFiltered)) + choosing + planning
    case .measured(.probes(let probes), _):
      return Self.lists(probes, iterating: Self.iterates(limit, isFiltered)) + choosing + planning
    }
  }

  private static func graph(_ candidates: Int, iterating: Bool) -> [SQLSetting] {
    [SQLSetting("hnsw.ef_search", String(candidates))]
      + (iterating ? [SQLSetting("hnsw.iterative_scan", "strict_order")] : [])
  }

  private static func lists(_ probes: Int, iterating: Bool) -> [SQLSetting] {
    [SQLSetting("ivfflat.probes", String(probes))]
      + (iterating ? [SQLSetting("ivfflat.iterative_scan", "relaxed_order")] : [])
  }
}
