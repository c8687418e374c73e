import VectorSQL

/// The settings of an index from cheap to dear, each about a tenth above the one before.
struct TuningLadder: Sendable {
  /// The settings, the cheapest first.
  private(set) var rungs: [IndexSetting]
  private let neighbors: Int

  /// The ladder of an index.
  ///
  /// HNSW that keeps fewer candidates than neighbours are looked for goes on (an iterative scan) until there are
  /// enough. A coarse copy passes on all candidates that its graph keeps, whether or not so many are needed.
  ///
  /// - Returns: nil where there is no index.
  init?(_ access: IndexAccess, neighbors: Int) {
    self.neighbors = neighbors
    switch access {
    case .graph: rungs = Self.values(1, 1000).map { IndexSetting(.efSearch($0)) }
    // No index is planned for a scan of all lists.
    case .lists(let lists):
      rungs = Self.values(1, max(1, lists - 1)).map { IndexSetting(.probes($0)) }
    case .copies(let copy):
      rungs = Self.values(neighbors + 1, 1000).map {
        IndexSetting(.efSearch($0), firstStage: .init(copy, candidates: $0))
      }
    case .none: return nil
    }
  }

  /// The same without the dearest rung.
  var shortened: TuningLadder {
    var ladder = self
    ladder.rungs.removeLast()
    return ladder
  }

  /// A rung of a coarse copy with fewer of its candidates ranked again, the fewest first, itself last; any other rung
  /// alone.
  func trimmed(_ rung: IndexSetting) -> [IndexSetting] {
    guard let firstStage = rung.firstStage else { return [rung] }
    return Self.values(neighbors, firstStage.candidates).map {
      IndexSetting(rung.effort, firstStage: .init(firstStage.copy, candidates: $0))
    }
  }

  /// All settings that somebody would have to try who tries them all: each rung in each mode of an iterative scan,
  /// and of a coarse copy with each number of candidates.
  var gridSize: Int {
    guard let first = rungs.first else { return 0 }
    switch first.effort {
    case .probes: return rungs.count * 2
    case .efSearch where first.firstStage == nil: return rungs.count * 3
    case .efSearch: return rungs.count * (rungs.count + 1) / 2 * 3
    }
  }

  private static func values(_ low: Int, _ high: Int) -> [Int] {
    var values = [min(low, high)]
    while let last = values.last, last < high {
      values.append(min(high, max(last + 1, last * 11 / 10)))
    }
    return values
  }
}
