public import PGCatalog

/// What ``Doctor`` found: facts, and for each that is not as it should be what to do.
public struct Diagnosis: Sendable {
  /// How much a finding matters.
  public enum Severity: String, Sendable {
    /// As it should be.
    case ok
    /// Worth knowing; nothing is broken.
    case hint
    /// Somebody has to do something.
    case problem
  }

  /// A fact, and what to do about it.
  public struct Finding: Sendable, Hashable {
    /// What it is about: a column, or a part of the environment.
    public let subject: String
    /// How much it matters.
    public let severity: Severity
    /// The fact, in one sentence without a stop.
    public let fact: String
    /// Commands and statements to paste, one a line; none where there is nothing to do.
    public let advice: [String]

    init(_ severity: Severity, _ subject: String, _ fact: String, _ advice: [String] = []) {
      self.severity = severity
      self.subject = subject
      self.fact = fact
      self.advice = advice
    }
  }

  /// A vector column.
  public struct Column: Sendable {
    /// The column, as the catalogue has it.
    public let column: VectorColumn
    /// The name for people and statements.
    public let name: String
    /// The encoder that the registry has for it, nil where nobody registered it.
    public let encoder: String?
    /// What is in it, nil where that could not be read; a finding says why.
    public let content: ColumnContent?
    /// Its approximate indexes, nil where those could not be read.
    public let indexes: [TableIndex]?
    /// What is not as it should be.
    public let findings: [Finding]
  }

  /// The database.
  public let database: String
  /// The server's memory for pages of tables and indexes, in bytes.
  public let sharedBuffers: Int
  /// A finding for each fact of the environment.
  public let environment: [Finding]
  /// The vector columns, with their findings.
  public let columns: [Column]
  /// What the registry names and the database does not have.
  public let registry: [Finding]

  /// Everything that was found, the environment first.
  public var findings: [Finding] { environment + columns.flatMap(\.findings) + registry }

  /// The number of findings of a severity.
  public func count(_ severity: Severity) -> Int { findings.count { $0.severity == severity } }

  /// Whether somebody has to do something.
  public var needsHand: Bool { count(.problem) > 0 }
}

/// What stands in a vector column, counted in all of its rows or in a sample of them.
public struct ColumnContent: Sendable, Hashable {
  /// The rows of the table; where only a sample was read, about that many.
  public let rows: Int
  /// The rows that were read.
  public let read: Int
  /// Whether these are a sample.
  public let isSample: Bool
  /// Vectors among the rows read.
  public let vectors: Int
  /// Vectors of length zero among them.
  public let zero: Int
  /// Vectors among them whose length is not zero and differs from 1 by more than a thousandth.
  public let nonUnit: Int
  /// The different numbers of elements of the vectors, where the type declares none.
  public let dimensions: [Int]

  /// Rows read that have no vector.
  public var nulls: Int { read - vectors }
  /// The vectors of the whole table; where only a sample was read, about that many.
  public var allVectors: Int {
    isSample ? Int((Double(rows) * share(vectors)).rounded()) : vectors
  }

  /// A number of rows as a share of those that were read.
  public func share(_ count: Int) -> Double { read == 0 ? 0 : Double(count) / Double(read) }
}
