import PGCatalog
import VectorSQL

/// What an index takes: memory while it is built, and space afterwards.
///
/// The figures follow pgvector 0.8's structures on a server of 64 bits, with pages of 8 kB. Of indexes of 64 to
/// 1,000 dimensions that were built without room (pgvector says after how many rows the graph no longer fits), the
/// memory is within one per cent, and the size within five.
struct IndexFootprint: Sendable, Hashable {
  /// The memory that the build needs, in bytes.
  let memory: Int
  /// The size on disk, in bytes.
  let size: Int

  /// The links per node that the files in `sql/indexes/` ask for.
  private static let m = 16
  /// A page without its header and pgvector's own at its end.
  private static let page = 8192 - 24 - 8
  private static let itemPointer = 4

  /// Estimates it.
  init(_ variant: IndexVariant, rows: Int, dimension: Int, storage: VectorStorage, lists: Int) {
    let value = Self.value(variant, dimension, storage)
    switch variant {
    case .exact: (memory, size) = (0, 0)
    case .hnsw, .hnswHalfvec, .hnswBinary:
      memory = rows * Self.graphMemory(value)
      size = rows * Self.graphSpace(value)
    case .ivfflat:
      memory = Self.clusteringMemory(dimension: dimension, value: value, lists: lists)
      let perPage = max(1, Self.page / (8 + Self.aligned(value) + Self.itemPointer))
      // The last page of a list is half full.
      size = rows * 8192 / perPage + lists * 4096
    }
  }

  /// The bytes of a vector as it is indexed.
  private static func value(
    _ variant: IndexVariant,
    _ dimension: Int,
    _ storage: VectorStorage
  ) -> Int {
    switch variant.copy {
    case .binary: 8 + (dimension + 7) / 8
    case .halfvec: 8 + 2 * dimension
    case nil: 8 + (storage == .halfvec ? 2 : 4) * dimension
    }
  }

  private static func aligned(_ bytes: Int) -> Int { (bytes + 7) / 8 * 8 }

  /// `HnswElementData` and the arrays of its layers take 190 bytes, each of the 2m links of the lowest layer 16.
  private static func graphMemory(_ value: Int) -> Int { value + 190 + 32 * m }

  /// An element tuple (72 bytes and the vector) and a neighbor tuple (six bytes a link) stand on one page where they
  /// can.
  private static func graphSpace(_ value: Int) -> Int {
    let element = aligned(72 + value)
    let both = element + aligned(4 + 6 * 2 * m) + 2 * itemPointer
    return both > page ? 2 * 8192 : 8192 / (page / both)
  }

  /// What `ElkanKmeans` asks for, and refuses to do without: above all a bound for each pair of a sampled vector and a
  /// centre.
  private static func clusteringMemory(dimension: Int, value: Int, lists: Int) -> Int {
    let samples = max(50 * lists, 10_000)
    let vectors = (samples + 2 * lists) * aligned(value) + 4 * lists * dimension
    return vectors + 4 * samples * lists + 8 * samples + 4 * lists * lists + 16 * lists
  }

  /// pgvector's rule for the lists of an IVFFlat index.
  static func lists(forRows rows: Int) -> Int {
    rows <= 1_000_000 ? max(1, rows / 1000) : Int(Double(rows).squareRoot())
  }
}
