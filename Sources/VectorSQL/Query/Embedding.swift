/// A named model that turns text into vectors, as a compile-time label of what its vectors mean.
///
/// ```swift
/// enum MiniLM: EncoderLabel {
///   typealias Size = UpTo2000
///   static let name = "minilm"
/// }
/// ```
public protocol EncoderLabel: Sendable {
  /// How many dimensions its vectors have at most: which indexes there can be.
  associatedtype Size: VectorSize = UpTo16000
  /// The encoder's name in the registry.
  static var name: String { get }
}

/// A vector column that one encoder filled; columns of two encoders are two types.
public struct Embedding<Encoder: EncoderLabel>: Sendable, Hashable {
  /// The column, labelled at run time too.
  public let column: EmbeddingColumn

  /// A column that the encoder fills.
  ///
  /// - Parameters:
  ///   - table: The table that holds the vectors.
  ///   - key: The name of its primary key's column.
  ///   - name: The name of the vector column.
  ///   - dimension: The number of elements that the column's type declares, nil where it declares none.
  ///   - storage: The column's type.
  ///   - rows: The key of the rows that the vectors are of, where those stand in another table.
  public init(
    table: Table,
    key: String,
    column name: String,
    dimension: Int?,
    storage: VectorStorage = .vector,
    of rows: Column? = nil
  ) {
    column = EmbeddingColumn(
      table: table,
      key: key,
      column: name,
      encoder: Encoder.name,
      dimension: dimension,
      storage: storage,
      of: rows
    )
  }
}

/// A vector that an encoder made, labelled with it.
public struct EncodedVector<Encoder: EncoderLabel>: Sendable, Hashable {
  /// The vector.
  public let vector: PGVector

  /// Labels a vector; to be called where the encoder made it, and nowhere else.
  public init(_ vector: PGVector) { self.vector = vector }
}

/// A vector column with the name of the encoder that filled it, for where that name is only known at
/// run time.
public struct EmbeddingColumn: Sendable, Hashable {
  /// The vector column.
  public let vector: Column
  /// The key of the same table, by which each vector belongs to a row.
  public let key: Column
  /// The key of the rows that the vectors are of: ``key`` itself, unless they stand in another table.
  public let row: Column
  /// The encoder's name.
  public let encoder: String
  /// The number of elements; nil where the column's type declares none.
  public let dimension: Int?
  /// The column's type.
  public let storage: VectorStorage

  /// A column that the named encoder fills.
  public init(
    table: Table,
    key: String,
    column: String,
    encoder: String,
    dimension: Int?,
    storage: VectorStorage = .vector,
    of rows: Column? = nil
  ) {
    vector = table.column(column)
    self.key = table.column(key)
    row = rows ?? table.column(key)
    self.encoder = encoder
    self.dimension = dimension
    self.storage = storage
  }

  /// The table that holds the vectors.
  public var table: Table { vector.table }

  /// Whether the vectors stand in a table of their own.
  public var hasSideTable: Bool { row.table != table }

  /// The join of the rows that the vectors are of, where those stand in another table.
  var joinOfRows: SQLFragment {
    hasSideTable ? "\nJOIN \(row.table.source) ON \(row.sql) = \(key.sql)" : ""
  }

  /// The length of a vector of this column's type.
  func norm(_ vector: SQLFragment) -> SQLFragment {
    switch storage {
    case .vector: "vector_norm(\(vector))"
    case .halfvec: "l2_norm(\(vector))"
    }
  }
}

/// Two vectors of different meaning met.
public struct EncoderMismatch: Error, Sendable, Hashable, CustomStringConvertible {
  /// The vectors searched.
  public let searched: EmbeddingColumn
  /// The vectors that the probe is made of.
  public let probe: EmbeddingColumn

  /// One sentence that names both.
  public var description: String {
    "vectors of \(Self.name(probe)) cannot be compared with vectors of \(Self.name(searched)): they "
      + "mean different things"
  }

  private static func name(_ column: EmbeddingColumn) -> String {
    "\"\(column.encoder)\"" + (column.dimension.map { " (\($0) dimensions)" } ?? "")
  }
}
