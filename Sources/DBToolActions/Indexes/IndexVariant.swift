public import PGCatalog
public import VectorSQL

/// A kind of index that a vector column may have: none, or one of the files in `sql/indexes/`.
public enum IndexVariant: String, Sendable, CaseIterable {
  /// No index: every row is compared.
  case exact
  /// HNSW on the vectors.
  case hnsw
  /// HNSW on copies of 16 bits per dimension.
  case hnswHalfvec = "hnsw_halfvec"
  /// HNSW on one bit per dimension; what it finds is ranked again by the vectors.
  case hnswBinary = "hnsw_binary"
  /// Lists around centres.
  case ivfflat

  /// The copy of the vectors that is indexed in their place, nil for the vectors themselves.
  public var copy: VectorCopy? {
    switch self {
    case .hnswHalfvec: .halfvec
    case .hnswBinary: .binary
    case .exact, .hnsw, .ivfflat: nil
    }
  }

  /// The access method, nil for none.
  public var method: ServingIndex.Method? {
    switch self {
    case .exact: nil
    case .hnsw, .hnswHalfvec, .hnswBinary: .hnsw
    case .ivfflat: .ivfflat
    }
  }

  fileprivate var template: [UInt8]? {
    switch self {
    case .exact: nil
    case .hnsw: PackageResources.hnsw_sql
    case .hnswHalfvec: PackageResources.hnsw_halfvec_sql
    case .hnswBinary: PackageResources.hnsw_binary_sql
    case .ivfflat: PackageResources.ivfflat_sql
    }
  }
}

/// An index variant for one distance: all that its name says of it.
public struct IndexKind: Sendable, Hashable {
  /// The variant.
  public let variant: IndexVariant
  /// The distance that it serves; signs alone tell the angle and nothing else.
  public let metric: DistanceMetric

  /// A variant for a distance.
  public init(_ variant: IndexVariant, by metric: DistanceMetric) {
    self.variant = variant
    self.metric = variant == .hnswBinary ? .cosine : metric
  }

  /// Reads what the registry has: `hnsw` for the encoder's own metric, `hnsw_l2` for another one.
  init?(registered text: String, of encoder: DistanceMetric) {
    let kinds = Self.all(of: encoder)
    guard let kind = kinds.first(where: { $0.registeredText(of: encoder) == text }) else {
      return nil
    }
    self = kind
  }

  /// What the registry has for it.
  func registeredText(of encoder: DistanceMetric) -> String {
    let isPlain = metric == encoder || variant == .exact || variant == .hnswBinary
    return isPlain ? variant.rawValue : "\(variant.rawValue)_\(metric.rawValue)"
  }

  private static func all(of encoder: DistanceMetric) -> [IndexKind] {
    IndexVariant.allCases.flatMap { variant in
      [encoder].map { IndexKind(variant, by: $0) }
        + DistanceMetric.allCases.filter { $0 != encoder }.map { IndexKind(variant, by: $0) }
    }
  }

  // MARK: Names

  /// The name of the index: table, column and kind, within PostgreSQL's 63 bytes.
  ///
  /// - Returns: nil where there is no index.
  public func indexName(table: String, column: String) -> String? {
    let suffix: String
    switch variant {
    case .exact: return nil
    case .hnswBinary: suffix = "_hnsw_binary"
    case .hnsw, .hnswHalfvec, .ivfflat: suffix = "_\(variant.rawValue)_\(metric.rawValue)"
    }
    var stem = "\(table)_\(column)"
    while stem.utf8.count > 63 - suffix.utf8.count { stem.removeLast() }
    return stem + suffix
  }

  /// The names of all indexes that dbtool makes on a column.
  static func allNames(table: String, column: String) -> Set<String> {
    Set(all(of: .cosine).compactMap { $0.indexName(table: table, column: column) })
  }

  // MARK: Definition

  /// The operator class of its index, nil where there is none.
  public func operatorClass(on storage: VectorStorage) -> String? {
    switch variant {
    case .exact: nil
    case .hnswBinary: BitDistance.hamming.operatorClass
    case .hnswHalfvec: metric.operatorClass(for: .halfvec)
    case .hnsw, .ivfflat: metric.operatorClass(for: storage)
    }
  }

  /// The statement of the variant's file without its comments, nil where there is none.
  ///
  /// - Parameters:
  ///   - index: The index's name.
  ///   - column: The column.
  ///   - table: The table, where it is not the column's.
  ///   - lists: The lists of an IVFFlat index.
  /// - Returns: The statement, without a semicolon.
  func definition(
    index: String,
    column: VectorColumn,
    in table: SQLIdentifier? = nil,
    lists: Int
  ) -> String? {
    guard let template = variant.template, let operators = operatorClass(on: column.storage) else {
      return nil
    }
    let lines = String(decoding: template, as: UTF8.self).split(separator: "\n")
    let statement = lines.filter { !$0.hasPrefix("--") }.joined(separator: "\n")
    return String(statement.prefix { $0 != ";" })
      .replacingPlaceholders([
        "{index}": SQLIdentifier(index).sql,
        "{table}": (table ?? column.holder).sql,
        "{column}": SQLIdentifier(column.name).sql,
        "{operators}": operators,
        "{dimensions}": String(column.dimension ?? 0),
        "{lists}": String(lists),
      ])
  }
}

extension String {
  /// Replaces each placeholder once it stands in the template; values are never searched again.
  fileprivate func replacingPlaceholders(_ values: [String: String]) -> String {
    var out = ""
    var rest = self[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      out += rest[..<open]
      let placeholder = String(rest[open...close])
      out += values[placeholder] ?? placeholder
      rest = rest[rest.index(after: close)...]
    }
    return out + rest
  }
}
