import PGCatalog
import VectorSQL

/// The names of things in statements and commands that are to be pasted.
struct Naming {
  /// Where pgvector's types, functions and operator classes are.
  let vector: VectorExtension

  /// A table as a person names it.
  func name(_ table: SQLIdentifier) -> String {
    table.shown
  }

  /// A column as a person names it.
  func name(_ column: VectorColumn) -> String {
    name(column.holder) + "." + SQLIdentifier.quoted(column.name)
  }

  /// A name of pgvector's, with its schema unless that is on the search path.
  func vectors(_ name: String) -> String {
    guard let schema = vector.schema, !vector.isVisible else { return name }
    return SQLIdentifier(schema: schema, name).sql
  }

  /// The function that measures a vector's length.
  func norm(_ storage: VectorStorage) -> String {
    switch storage {
    case .vector: vectors("vector_norm")
    case .halfvec: vectors("l2_norm")
    }
  }

  /// The statement that builds an HNSW index for a metric, as far as the column's dimension permits one.
  func createIndex(
    on column: VectorColumn,
    for metric: DistanceMetric,
    isPartitioned: Bool
  ) -> [String] {
    guard let dimension = column.dimension else { return [] }
    let name = SQLIdentifier.quoted(column.name)
    let operators = { (storage: VectorStorage) in vectors(metric.operatorClass(for: storage)) }
    let key: String
    if dimension <= column.storage.maximumIndexedDimension {
      key = "\(name) \(operators(column.storage))"
    } else if dimension <= VectorStorage.halfvec.maximumIndexedDimension {
      key = "(\(name)::\(vectors("halfvec"))(\(dimension))) \(operators(.halfvec))"
    } else {
      key =
        "(\(vectors("binary_quantize"))(\(name))::bit(\(dimension))) \(vectors(BitDistance.hamming.operatorClass))"
    }
    // A partitioned table's cannot be built concurrently.
    let concurrently = isPartitioned ? "" : "CONCURRENTLY "
    return [
      "CREATE INDEX \(concurrently)ON \(self.name(column.holder)) USING hnsw (\(key));"
    ]
  }

  /// A word of a shell command.
  static func shell(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        || [UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-")].contains(byte)
    }
    return isPlain
      ? word
      : "'"
        + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
        + "'"
  }
}
