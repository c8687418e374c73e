package import VectorSQL

/// How far the index of a search goes: more finds more, and takes longer.
package struct IndexSetting: Sendable, Hashable {
  /// How far it is searched.
  package let effort: SearchEffort
  /// The coarse search whose candidates the vectors rank again, nil where the vectors are indexed.
  package let firstStage: NearestNeighbors.FirstStage?

  /// A setting.
  init(_ effort: SearchEffort, firstStage: NearestNeighbors.FirstStage? = nil) {
    self.effort = effort
    self.firstStage = firstStage
  }

  /// `hnsw.ef_search`, or `ivfflat.probes`.
  package var value: Int {
    switch effort {
    case .efSearch(let value), .probes(let value): value
    }
  }

  /// The name of that setting, without its prefix.
  package var name: String { if case .probes = effort { "probes" } else { "ef_search" } }

  /// How many candidates the vectors rank again, nil where the vectors are indexed.
  package var candidates: Int? { firstStage?.candidates }

  /// Has a search go so far.
  func applied(to search: NearestNeighbors) -> NearestNeighbors {
    search.mode(.measured(effort, preferringIndex: true)).firstStage(firstStage)
  }
}
