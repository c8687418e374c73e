import PGCatalog
import VectorSQL

/// How the indexes of a column can serve a search by a metric, the best way first.
enum IndexAccess: Sendable, Hashable {
  /// A graph of the vectors themselves.
  case graph
  /// So many lists of the vectors themselves.
  case lists(Int)
  /// A graph of coarse copies, whose candidates the vectors rank again.
  case copies(VectorCopy)
  /// Not at all.
  case none

  /// Chooses among the indexes on a column.
  init(_ indexes: [ServingIndex], of column: EmbeddingColumn, by metric: DistanceMetric) {
    let direct = indexes.filter {
      $0.copy == nil && $0.operatorClass == metric.operatorClass(for: column.storage)
    }
    let isCopied = { (copy: VectorCopy, operators: String) in
      indexes.contains {
        $0.method == .hnsw && $0.operatorClass == operators && $0.copy == copy
          && $0.dimension == column.dimension
      }
    }
    if direct.contains(where: { $0.method == .hnsw }) {
      self = .graph
    } else if isCopied(.halfvec, metric.operatorClass(for: .halfvec)) {
      self = .copies(.halfvec)
    } else if metric == .cosine, isCopied(.binary, BitDistance.hamming.operatorClass) {
      self = .copies(.binary)
    } else if let lists = direct.first?.lists {
      self = .lists(lists)
    } else {
      self = .none
    }
  }

  /// The variant of the index.
  var variant: IndexVariant {
    switch self {
    case .graph: .hnsw
    case .lists: .ivfflat
    case .copies(.halfvec): .hnswHalfvec
    case .copies(.binary): .hnswBinary
    case .none: .exact
    }
  }

  /// Recall before speed: with 200 candidates HNSW misses next to nothing.
  private static let efSearchFloor = 200
  /// The fewest candidates that a coarse copy passes on.
  private static let fewestCandidates = 200

  /// Has a search use it.
  ///
  /// - Parameters:
  ///   - search: The search, with all that it asks for.
  ///   - isPreferred: Whether the rows are so many that an index pays.
  ///   - tuning: What was measured of this index; it holds for searches of all rows, and for no more neighbours than
  ///     were measured.
  /// - Returns: The search with its mode, and its first stage where there is one.
  func applied(
    to search: NearestNeighbors,
    isPreferred: Bool,
    tuning: SearchTuning? = nil
  ) -> NearestNeighbors {
    if isPreferred, let tuning, tuning.covers(search) { return tuning.setting.applied(to: search) }
    let graph = {
      search.mode(.approximate(efSearchFloor: Self.efSearchFloor, preferringIndex: $0))
    }
    switch self {
    case .graph: return graph(isPreferred)
    case .lists(let lists): return search.mode(.probing(lists: lists, preferringIndex: isPreferred))
    case .copies(let copy) where isPreferred:
      let wanted = max(search.limit, search.diversity?.candidates ?? 0)
      let candidates = max(Self.fewestCandidates, 4 * min(wanted, 250))
      return graph(true).firstStage(.init(copy, candidates: max(candidates, min(wanted, 1000))))
    case .copies, .none: return graph(false)
    }
  }
}
