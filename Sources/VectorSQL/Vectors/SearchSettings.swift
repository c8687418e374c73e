/// Whether a search may use an approximate index.
public enum SearchMode: Sendable, Hashable {
  /// Every row is compared: full recall, time linear in the rows.
  case exact
  /// An index may answer; HNSW keeps at least so many candidates.
  case approximate(efSearchFloor: Int)

  /// What goes before the statement, in its own transaction.
  ///
  /// HNSW returns no more rows than it keeps candidates, so `hnsw.ef_search` is at least twice the
  /// limit, within pgvector's range of 1 to 1000. Exact search is what pgvector's manual does: no
  /// index scan is planned for the length of the transaction.
  public func settings(limit: Int) -> [SQLSetting] {
    switch self {
    case .exact: [SQLSetting("enable_indexscan", "off")]
    case .approximate(let floor):
      [SQLSetting("hnsw.ef_search", String(min(1000, max(floor, 2 * min(limit, 1000)))))]
    }
  }
}
