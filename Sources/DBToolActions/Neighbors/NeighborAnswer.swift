public import VectorSQL

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a nearest-neighbour command found, and everything needed to judge it.
public struct NeighborAnswer: Sendable {
  /// A row that was found.
  public struct Row: Sendable {
    /// The row's key.
    public let id: RowKey
    /// The value of the table's label column.
    public let title: String
    /// A longer text of the row, where the command shows one.
    public let text: String?
    /// The distance under the answer's metric.
    public let distance: Double
    /// The score of merged ranks, where words were searched for as well; larger is better.
    public let score: Double?
    /// The profile's own items nearest to this row.
    public let because: [Reason]

    /// A row as read from the statement.
    init(
      id: RowKey,
      title: String,
      text: String?,
      distance: Double,
      score: Double?,
      because: [Reason]
    ) {
      self.id = id
      self.title = title
      self.text = text
      self.distance = distance
      self.score = score
      self.because = because
    }
  }

  /// An item of the profile that is near to a row.
  public struct Reason: Sendable, Codable {
    /// The item's key.
    public let id: RowKey
    /// The item's label.
    public let title: String
    /// The distance between the item and the row.
    public let distance: Double

    /// Reads the items of a row.
    static func list(_ json: PGJSON) throws -> [Reason] {
      try JSONDecoder().decode([Reason].self, from: Data(json.text.utf8))
    }
  }

  /// The table that was searched.
  public let table: String
  /// The encoder whose vectors were compared.
  public let encoder: String
  /// The metric.
  public let metric: DistanceMetric
  /// The rows asked for.
  public let requested: Int
  /// The rows found, nearest first.
  public let rows: [Row]
  /// Why there are fewer rows than asked for.
  public let why: String?
  /// The share of the searched table's rows that have a vector, 0 to 1.
  public let coverage: Double
  /// How the statement was run.
  public let execution: NeighborExecution
  private let isRegistered: Bool

  /// Gathers an answer.
  public init(
    table: String,
    encoder: String,
    metric: DistanceMetric,
    requested: Int,
    rows: [Row],
    why: String?,
    coverage: Double,
    isRegistered: Bool,
    execution: NeighborExecution
  ) {
    self.table = table
    self.encoder = encoder
    self.metric = metric
    self.requested = requested
    self.rows = rows
    self.why = why
    self.coverage = coverage
    self.isRegistered = isRegistered
    self.execution = execution
  }

  /// The command that makes the vectors that are missing, nil where nobody registered what makes them.
  public var fill: String? {
    isRegistered ? "dbtool embed --encoder \(encoder)" : nil
  }

  /// Whether as many rows came as were asked for.
  public var isComplete: Bool { rows.count == requested }
}
