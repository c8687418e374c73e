/// What a job that embeds did to one table.
public struct EmbeddingReport: Sendable {
  /// The table.
  public let table: String
  /// Rows whose vector was made.
  public internal(set) var embedded = 0
  /// Rows that were up to date.
  public internal(set) var unchanged = 0
  /// Rows without a text to embed.
  public internal(set) var textless = 0
  /// Rows that wait still: beyond the limit, or in the hands of another process.
  public internal(set) var waiting = 0
  /// Rows that could not be embedded, with the reason; the next run tries them again.
  public internal(set) var failed: [(key: String, reason: String)] = []
  /// Indexes that were built, after they had been dropped for this or an earlier run.
  public internal(set) var indexes: [(index: String, duration: Duration)] = []
  /// The time that the table took, without its indexes.
  public internal(set) var duration: Duration = .zero
  /// The part of it that workers spent in the model, added up.
  public internal(set) var modelDuration: Duration = .zero

  init(table: String) { self.table = table }

  /// Rows looked at.
  public var rows: Int { embedded + unchanged + textless + waiting + failed.count }
}
