import PQClient
import VectorSQL

/// The settings of an index from cheap to dear, each about a tenth above the one before.
struct TuningLadder: Sendable {
  /// One setting: how far the index is searched, and how many candidates of a coarse copy are ranked again.
  struct Rung: Sendable, Hashable {
    let effort: SearchEffort
    let candidates: Int?

    /// `hnsw.ef_search`, or `ivfflat.probes`.
    var value: Int {
      switch effort {
      case .efSearch(let value), .probes(let value): value
      }
    }
  }

  /// The rungs, the cheapest first.
  private(set) var rungs: [Rung]
  /// The copy whose candidates are ranked again, nil where the vectors are indexed.
  let copy: VectorCopy?

  /// The ladder of an index.
  ///
  /// HNSW that keeps fewer candidates than neighbours are looked for goes on (an iterative scan) until there are
  /// enough. A coarse copy passes on all candidates that its graph keeps; what that is more than it needs to be is
  /// found out afterwards, with ``trimmed(_:)``.
  ///
  /// - Returns: nil where there is no index.
  init?(_ access: IndexAccess, neighbors: Int) {
    switch access {
    case .graph:
      copy = nil
      rungs = Self.values(1, 1000).map { Rung(effort: .efSearch($0), candidates: nil) }
    case .lists(let lists):
      copy = nil
      // No index is planned for a scan of all lists.
      rungs = Self.values(1, max(1, lists - 1)).map { Rung(effort: .probes($0), candidates: nil) }
    case .copies(let copy):
      self.copy = copy
      rungs = Self.values(neighbors + 1, 1000).map { Rung(effort: .efSearch($0), candidates: $0) }
    case .none: return nil
    }
  }

  /// A rung of a coarse copy with fewer and fewer candidates, the fewest first; itself last.
  func trimmed(_ rung: Rung, neighbors: Int) -> [Rung] {
    guard let candidates = rung.candidates else { return [rung] }
    return Self.values(neighbors, candidates).map { Rung(effort: rung.effort, candidates: $0) }
  }

  /// The same without the dearest rung.
  var shortened: TuningLadder {
    var ladder = self
    ladder.rungs.removeLast()
    return ladder
  }

  /// A search at a rung.
  func search(_ rung: Rung, _ search: NearestNeighbors) -> NearestNeighbors {
    search.mode(.measured(rung.effort, preferringIndex: true))
      .firstStage(copy.flatMap { copy in rung.candidates.map { .init(copy, candidates: $0) } })
  }

  /// All settings that somebody would have to try who tries them all: each rung in each mode of an iterative scan,
  /// and of a coarse copy with each number of candidates.
  var gridSize: Int {
    guard let first = rungs.first else { return 0 }
    switch first.effort {
    case .probes: return rungs.count * 2
    case .efSearch where copy == nil: return rungs.count * 3
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
