/// The settings of a nearest-neighbour search through an HNSW index.
public struct SearchSettings: Sendable, Hashable {
  /// How many candidates HNSW keeps while it searches: 1 to 1000; it also caps the rows returned.
  public let efSearch: Int

  /// Settings with a candidate list that is at least `floor`, at least twice the limit, and within
  /// pgvector's range.
  public init(limit: Int, floor: Int = 40) {
    efSearch = min(1000, max(floor, 2 * min(limit, 1000)))
  }

  /// What goes before the statement, in its own transaction.
  public var settings: [SQLSetting] { [SQLSetting("hnsw.ef_search", String(efSearch))] }
}
