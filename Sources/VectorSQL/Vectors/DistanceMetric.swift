/// How far apart two vectors are: the one table of operators and operator classes.
///
/// Every operator of pgvector is ascending: the smaller, the nearer, which is what an index can serve.
public enum DistanceMetric: String, Sendable, Hashable, CaseIterable {
  /// 1 − cos of the angle, 0 to 2; the length of the vectors does not matter.
  case cosine
  /// Euclidean distance, 0 and up.
  case l2
  /// The *negative* inner product: pgvector's `<#>` has its sign turned so that ascending is nearest.
  case innerProduct = "ip"
  /// Taxicab distance, 0 and up.
  case l1

  /// pgvector's operator.
  public var sqlOperator: String {
    switch self {
    case .cosine: "<=>"
    case .l2: "<->"
    case .innerProduct: "<#>"
    case .l1: "<+>"
    }
  }

  /// The operator class that an index needs to serve this metric on a column of the given type.
  public func operatorClass(for type: VectorStorage) -> String {
    switch self {
    case .cosine: "\(type.rawValue)_cosine_ops"
    case .l2: "\(type.rawValue)_l2_ops"
    case .innerProduct: "\(type.rawValue)_ip_ops"
    case .l1: "\(type.rawValue)_l1_ops"
    }
  }

  /// The similarity that people expect beside the distance: larger is nearer.
  ///
  /// Only ever shown, never ordered by.
  public func similarity(distance: Double) -> Double {
    switch self {
    case .cosine: 1 - distance
    case .l2, .l1: 1 / (1 + distance)
    case .innerProduct: -distance
    }
  }
}

/// How far apart two bit strings are, such as `binary_quantize` makes of vectors.
public enum BitDistance: String, Sendable, Hashable, CaseIterable {
  /// The number of bits that differ.
  case hamming
  /// 1 − the bits that both have, divided by those that either has; 0 to 1.
  case jaccard

  /// pgvector's operator.
  public var sqlOperator: String {
    switch self {
    case .hamming: "<~>"
    case .jaccard: "<%>"
    }
  }

  /// The operator class that an index needs to serve it.
  public var operatorClass: String { "bit_\(rawValue)_ops" }
}

/// The column types of pgvector that hold dense vectors.
public enum VectorStorage: String, Sendable, Hashable, CaseIterable {
  /// 32-bit floats.
  case vector
  /// 16-bit floats.
  case halfvec

  /// The most dimensions that an HNSW or IVFFlat index takes.
  public var maximumIndexedDimension: Int {
    switch self {
    case .vector: 2000
    case .halfvec: 4000
    }
  }
}
