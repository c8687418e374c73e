public import PQClient

/// What a run says while it works.
public enum MigrationEvent: Sendable, Hashable {
  /// Another session migrates this database; the run waits for it.
  case waiting(AdvisoryLockHolder?)
  /// A migration begins; `number` of `count`.
  case started(name: String, number: Int, count: Int)
  /// An unfinished migration goes on with a statement, counted from 1.
  ///
  /// `mayHaveRun` is true if the run before was cut off and the statement is one that commits apart
  /// from its record: it may have taken effect.
  case resumed(name: String, statement: Int, mayHaveRun: Bool)
  /// The server said something.
  case notice(PostgresNotice)
  /// A migration has been applied or reverted.
  case finished(MigrationResult)
}

/// A migration that a run has applied, reverted or recorded.
public struct MigrationResult: Sendable, Hashable {
  /// The version.
  public var version: String
  /// The file's name.
  public var name: String
  /// How long it took.
  public var duration: Duration
}
