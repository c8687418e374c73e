public import VectorSQL

/// What the database remembers of one migration: a row of `dbtool.schema_history`.
public struct MigrationRecord: Sendable, Hashable {
  /// How far it has come.
  public enum State: String, Sendable, Hashable {
    /// All of it ran.
    case applied
    /// Taken as applied without running it.
    case baselined
    /// A `transaction:false` section began and has not come to its end.
    case applying
    /// A `transaction:false` down section began and has not come to its end.
    case reverting
  }

  /// The version of the file.
  public var version: String
  /// The file's name.
  public var name: String
  /// The checksum of the file as it was applied.
  public var checksum: String
  /// When it began.
  public var appliedAt: PGTimestamp
  /// The role that ran it.
  public var appliedBy: String
  /// How long it took, in seconds.
  public var seconds: Double
  /// How far it has come.
  public var state: State
  /// How many statements of an unfinished section are done.
  public var statementsDone: Int
  /// The checksum of these statements.
  public var statementsChecksum: String?
  /// What the server said when the next statement failed; nil if the run was cut off.
  public var failure: String?

  package init(
    version: String,
    name: String,
    checksum: String,
    appliedAt: PGTimestamp,
    appliedBy: String,
    seconds: Double,
    state: State,
    statementsDone: Int = 0,
    statementsChecksum: String? = nil,
    failure: String? = nil
  ) {
    self.version = version
    self.name = name
    self.checksum = checksum
    self.appliedAt = appliedAt
    self.appliedBy = appliedBy
    self.seconds = seconds
    self.state = state
    self.statementsDone = statementsDone
    self.statementsChecksum = statementsChecksum
    self.failure = failure
  }

  /// True for a section that began and did not come to its end.
  public var isUnfinished: Bool { state == .applying || state == .reverting }
}

/// One migration as `migrate status` shows it.
public struct MigrationStatus: Sendable, Hashable {
  /// How file and history agree.
  public enum State: String, Sendable, Hashable {
    /// A file that has not run.
    case pending
    /// A file that ran, or that was taken as applied.
    case applied
    /// Applied, and the file is gone.
    case missing
    /// Applied, and the file is another now.
    case changed
    /// A file that has not run, before one that has.
    case outOfOrder = "out of order"
    /// Begun without a transaction and not come to its end.
    case unfinished
  }

  /// The version.
  public var version: String
  /// The file's name.
  public var name: String
  /// How file and history agree.
  public var state: State
  /// The history row, if there is one.
  public var record: MigrationRecord?
}
