/// How many dimensions the vectors of an encoder have at most, as far as an index cares.
public protocol VectorSize: Sendable {}

/// Vectors that HNSW takes as 16-bit floats: up to 4,000 dimensions.
public protocol HalfvecIndexable: VectorSize {}

/// Vectors that HNSW takes as they are: up to 2,000 dimensions.
public protocol VectorIndexable: HalfvecIndexable {}

/// Up to 2,000 dimensions.
public enum UpTo2000: VectorIndexable {}

/// Up to 4,000 dimensions.
public enum UpTo4000: HalfvecIndexable {}

/// As many as a vector can have, 16,000; or nobody knows.
public enum UpTo16000: VectorSize {}

/// An HNSW index on a vector column, or on a coarser copy of it.
///
/// ```swift
/// Product.embeddingMinilm.hnsw(by: .cosine).create("product_embedding")
/// ```
///
/// ```sql
/// CREATE INDEX CONCURRENTLY product_embedding
/// ON product
/// USING hnsw (embedding_minilm vector_cosine_ops)
/// WITH (m = 16, ef_construction = 64)
/// ```
///
/// More dimensions than an index takes do not compile: `hnsw` is for encoders of at most 2,000,
/// `hnswOnHalfvec` of at most 4,000, `hnswOnBits` of any size.
public struct VectorIndex: Sendable, Hashable {
  private let column: EmbeddingColumn
  private let copy: VectorCopy?
  private let operators: String
  private let m: Int
  private let efConstruction: Int

  fileprivate init(
    _ column: EmbeddingColumn,
    _ copy: VectorCopy?,
    _ operators: String,
    _ m: Int,
    _ ef: Int
  ) {
    self.column = column
    self.copy = copy
    self.operators = operators
    self.m = m
    efConstruction = ef
  }

  /// The statement that builds it.
  ///
  /// - Parameters:
  ///   - name: The index's name.
  ///   - concurrently: Without a lock against writers; then not in a transaction.
  /// - Returns: The statement.
  public func create(_ name: String, concurrently: Bool = true) -> SQLStatement {
    let keyword: SQLFragment = concurrently ? "CREATE INDEX CONCURRENTLY" : "CREATE INDEX"
    let vector = SQLFragment(SQLIdentifier(column.vector.name))
    let indexed = copy.map { "(\($0.expression(of: vector, in: column)))" } ?? vector
    return SQLStatement(
      """
      \(keyword) \(ident: name)
      ON \(column.table.identifier)
      USING hnsw (\(indexed) \(unsafeRaw: operators))
      WITH (m = \(literal: m), ef_construction = \(literal: efConstruction))
      """
    )
  }
}

extension Embedding where Encoder.Size: VectorIndexable {
  /// An HNSW index on the vectors themselves.
  ///
  /// - Parameters:
  ///   - metric: The distance that it serves.
  ///   - m: Links per node, 2 to 100.
  ///   - efConstruction: Candidates while it is built, 4 to 1000, at least twice `m`.
  /// - Returns: The index.
  public func hnsw(
    by metric: DistanceMetric,
    m: Int = 16,
    efConstruction: Int = 64
  ) -> VectorIndex {
    VectorIndex(column, nil, metric.operatorClass(for: column.storage), m, efConstruction)
  }
}

extension Embedding where Encoder.Size: HalfvecIndexable {
  /// An HNSW index on 16-bit copies of the vectors, in half the space; a search by
  /// `firstStage(.init(.halfvec, candidates:))` uses it.
  ///
  /// - Parameters:
  ///   - metric: The distance that it serves.
  ///   - m: Links per node, 2 to 100.
  ///   - efConstruction: Candidates while it is built, 4 to 1000, at least twice `m`.
  /// - Returns: The index.
  public func hnswOnHalfvec(
    by metric: DistanceMetric,
    m: Int = 16,
    efConstruction: Int = 64
  ) -> VectorIndex {
    VectorIndex(column, .halfvec, metric.operatorClass(for: .halfvec), m, efConstruction)
  }
}

extension Embedding {
  /// An HNSW index on one bit per element; a search by `firstStage(.init(.binary, candidates:))` uses it.
  ///
  /// - Parameters:
  ///   - m: Links per node, 2 to 100.
  ///   - efConstruction: Candidates while it is built, 4 to 1000, at least twice `m`.
  /// - Returns: The index.
  public func hnswOnBits(m: Int = 16, efConstruction: Int = 64) -> VectorIndex {
    VectorIndex(column, .binary, BitDistance.hamming.operatorClass, m, efConstruction)
  }
}

/// A coarser copy of a vector.
///
/// Index and search share this, since an index on an expression only serves the same expression.
public enum VectorCopy: Sendable, Hashable {
  /// One bit per element, its sign, compared by Hamming distance (`binary_quantize`).
  case binary
  /// 16 bits per element.
  case halfvec

  /// The copy of a column's vector; a bit string without a length could not be indexed.
  func expression(of vector: SQLFragment, in column: EmbeddingColumn) -> SQLFragment {
    let size: SQLFragment = column.dimension.map { "(\(literal: $0))" } ?? ""
    return switch self {
    case .binary: "binary_quantize(\(vector))::bit\(size)"
    case .halfvec where column.storage == .halfvec: vector
    case .halfvec: "\(vector)::halfvec\(size)"
    }
  }

  /// The operator that compares copies.
  func comparison(_ metric: DistanceMetric) -> String {
    self == .binary ? BitDistance.hamming.sqlOperator : metric.sqlOperator
  }
}
