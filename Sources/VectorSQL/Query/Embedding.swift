/// A named model that turns text into vectors, as a compile-time label of what its vectors mean.
///
/// ```swift
/// enum MiniLM: EncoderLabel { static let name = "minilm" }
/// ```
public protocol EncoderLabel: Sendable {
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
  ///   - dimension: The number of elements that the column's type declares.
  public init(table: Table, key: String, column name: String, dimension: Int) {
    column = EmbeddingColumn(
      table: table,
      key: key,
      column: name,
      encoder: Encoder.name,
      dimension: dimension
    )
  }
}

/// A vector column with the name of the encoder that filled it, for where that name is only known at
/// run time.
public struct EmbeddingColumn: Sendable, Hashable {
  /// The vector column.
  public let vector: Column
  /// The primary key of the same table.
  public let key: Column
  /// The encoder's name in the registry.
  public let encoder: String
  /// The number of elements.
  public let dimension: Int

  /// A column that the named encoder fills.
  public init(table: Table, key: String, column: String, encoder: String, dimension: Int) {
    vector = table.column(column)
    self.key = table.column(key)
    self.encoder = encoder
    self.dimension = dimension
  }

  /// The table that holds the vectors.
  public var table: Table { vector.table }
}

/// Two vectors of different meaning met.
public struct EncoderMismatch: Error, Sendable, Hashable, CustomStringConvertible {
  /// The vectors searched.
  public let searched: EmbeddingColumn
  /// The vectors that the probe is made of.
  public let probe: EmbeddingColumn

  /// One sentence that names both.
  public var description: String {
    "vectors of \"\(probe.encoder)\" (\(probe.dimension) dimensions) cannot be compared with vectors "
      + "of \"\(searched.encoder)\" (\(searched.dimension) dimensions): they mean different things"
  }
}
