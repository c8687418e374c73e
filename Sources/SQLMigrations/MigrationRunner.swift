import PQClient
import VectorSQL

/// Runs one section of one file, and leaves it recorded or not done.
struct MigrationRunner {
  /// What is sent together: one of the file's statements, or one of ours around them.
  private enum Sent {
    case statement(ScriptStatement)
    case own(SQLFragment)
  }

  let migration: ParsedMigration
  let file: MigrationFile
  let section: MigrationSection
  let isUp: Bool
  /// A row that an earlier run left unfinished.
  let record: MigrationRecord?
  /// True if `standard_conforming_strings` is off for this role or database.
  let needsStandardStrings: Bool
  let report: (MigrationEvent) -> Void

  private var source: SourceText { migration.source }

  /// Runs the section; what an earlier run left is finished statement by statement.
  func run(on db: inout PQConnection) throws(MigrationError) {
    if section.isTransactional, record?.isUnfinished != true {
      try runInTransaction(on: &db)
    } else {
      try runByStatement(on: &db)
    }
  }

  // MARK: - One transaction

  private func runInTransaction(on db: inout PQConnection) throws(MigrationError) {
    var batch: [Sent] = [.own("BEGIN")]
    if needsStandardStrings { batch.append(.own(Self.standardStrings)) }
    do throws(MigrationError) {
      for statement in section.statements {
        guard statement.copyData != nil else {
          batch.append(.statement(statement))
          continue
        }
        try send(batch, on: &db)
        batch = []
        try copy(statement, on: &db)
      }
      batch += Self.backToOwnRole.map(Sent.own)
      batch.append(
        .own(isUp ? MigrationHistory.insertApplied(file) : MigrationHistory.delete(file))
      )
      batch += [.own("COMMIT"), .own("RESET ALL")]
      try send(batch, on: &db)
    } catch {
      if db.transactionStatus != .idle { _ = try? db.execute("ROLLBACK") }
      throw error
    }
  }

  /// A migration may have changed who it runs as; the history row is written by whom it was begun.
  static let backToOwnRole: [SQLFragment] = ["SET SESSION AUTHORIZATION DEFAULT", "RESET ROLE"]

  /// Files are read by the standard's rules for strings, so the server has to read them so too.
  private static let standardStrings: SQLFragment = "SET LOCAL standard_conforming_strings = on"

  // MARK: - Statement by statement

  /// Runs each statement in one implicit transaction with the record that it is done.
  ///
  /// A statement that refuses to run in a transaction (CREATE INDEX CONCURRENTLY) comes first in its
  /// pipeline, where the server lets it commit by itself; all others commit with their record.
  private func runByStatement(on db: inout PQConnection) throws(MigrationError) {
    let statements = section.statements
    let done = try begin(on: &db)
    var current = done
    do throws(MigrationError) {
      for (index, statement) in statements.enumerated().dropFirst(done) {
        current = index
        let record = index + 1 == statements.count ? finish : progress(done: index + 1)
        try runAlone(statement, record: record, on: &db)
      }
      if done == statements.count { try send([.own(finish)], on: &db) }
      if db.transactionStatus != .idle { throw leftOpen }
    } catch {
      var error = error
      if db.transactionStatus != .idle { _ = try? db.execute("ROLLBACK") }
      _ = try? db.execute("RESET ROLE")
      if let failure = error.postgres, failure.origin == .server {
        _ = try? db.execute(MigrationHistory.updateFailure(file, failure.message))
      }
      error.advice = [error.advice, advice(wasCutOff: current == done && mayHaveRun(done))]
        .compactMap(\.self)
        .joined(separator: " ")
      throw error
    }
    try send(Self.backToOwnRole.map(Sent.own) + [.own("RESET ALL")], on: &db)
  }

  /// Records the beginning, or goes back to where an earlier run stopped.
  ///
  /// - Returns: How many statements are done.
  private func begin(on db: inout PQConnection) throws(MigrationError) -> Int {
    var batch: [Sent] = needsStandardStrings ? [.own("SET standard_conforming_strings = on")] : []
    guard let record, record.isUnfinished else {
      batch.append(
        .own(isUp ? MigrationHistory.insertApplying(file) : MigrationHistory.updateReverting(file))
      )
      try send(batch, on: &db)
      return 0
    }
    let done = record.statementsDone
    try check(record)
    // Settings belong to the session that is gone.
    batch += section.statements.prefix(done).filter(\.isSessionSetting).map(Sent.statement)
    batch.append(.own(MigrationHistory.updateResumed(file)))
    report(.resumed(name: file.name, statement: done + 1, mayHaveRun: mayHaveRun(done)))
    try send(batch, on: &db)
    return done
  }

  /// The statements that are done must still be those of the file.
  private func check(_ record: MigrationRecord) throws(MigrationError) {
    let done = record.statementsDone
    guard done > 0 else { return }
    let statements = section.statements.prefix(done)
    guard
      statements.count < done
        || MigrationHistory.checksum(statements, of: source) != record.statementsChecksum
    else { return }
    var error = MigrationError(
      .badData,
      done == 1
        ? "the first statement has run, and was edited since"
        : "the first \(done) statements have run, and were edited since",
      advice: "Put them back as they were; what comes after them may change."
    )
    error.place = MigrationError.Place(file: source.name)
    error.failed = file.name
    throw error
  }

  /// True if the first statement that is not recorded may have taken effect all the same.
  private func mayHaveRun(_ done: Int) -> Bool {
    guard let record, record.isUnfinished, record.failure == nil else { return false }
    return section.statements.dropFirst(done).first?.runsOutsideTransactions == true
  }

  private func advice(wasCutOff: Bool) -> String {
    wasCutOff
      ? "An earlier run was cut off in this statement, which may have taken effect then: undo by"
        + " hand what it left, and run again."
      : "What committed before it is recorded; the next run goes on with this statement."
  }

  private func runAlone(
    _ statement: ScriptStatement,
    record: SQLFragment,
    on db: inout PQConnection
  ) throws(MigrationError) {
    guard statement.copyData != nil else {
      return try send([.statement(statement), .own(record)], on: &db)
    }
    let isOwn = db.transactionStatus == .idle
    if isOwn { try send([.own("BEGIN")], on: &db) }
    try copy(statement, on: &db)
    try send(isOwn ? [.own(record), .own("COMMIT")] : [.own(record)], on: &db)
  }

  private func progress(done: Int) -> SQLFragment {
    let checksum = MigrationHistory.checksum(section.statements.prefix(done), of: source)
    return MigrationHistory.updateProgress(file, done: done, checksum: checksum)
  }

  private var finish: SQLFragment {
    isUp ? MigrationHistory.updateApplied(file) : MigrationHistory.delete(file)
  }

  private var leftOpen: MigrationError {
    var error = MigrationError(
      .badData,
      "the section leaves a transaction open",
      advice: "Add the COMMIT that is missing."
    )
    error.place = MigrationError.Place(file: source.name)
    error.failed = file.name
    return error
  }

  // MARK: - Sending

  private func send(_ batch: [Sent], on db: inout PQConnection) throws(MigrationError) {
    let statements = batch.map { sent in
      switch sent {
      case .statement(let statement): SQLStatement(text: source.text(statement.sql), binds: [])
      case .own(let fragment): SQLStatement(fragment)
      }
    }
    var failed: Sent?
    do throws(PostgresError) {
      let outcome = try db.attemptPipeline(statements)
      for notice in db.takeNotices() { report(.notice(notice)) }
      guard let failure = outcome.failure else { return }
      failed = batch.dropFirst(outcome.results.count).first
      throw failure
    } catch {
      throw migrationError(error, sending: failed)
    }
  }

  private func copy(
    _ statement: ScriptStatement,
    on db: inout PQConnection
  ) throws(MigrationError) {
    let rows = statement.copyData ?? statement.sql.upperBound..<statement.sql.upperBound
    do {
      try db.copyIn(SQLFragment(unsafeRaw: source.text(statement.sql))) { writer in
        try writer.write(source.bytes[rows])
      }
    } catch let error as PostgresError {
      throw migrationError(error, sending: .statement(statement))
    } catch {
      throw MigrationError(.badData, "\(error)")
    }
  }

  private func migrationError(_ failure: PostgresError, sending sent: Sent?) -> MigrationError {
    var error: MigrationError
    switch sent {
    case .statement(let statement):
      error = MigrationFailure.error(failure, in: statement, of: source)
    case .own("COMMIT"):
      error = MigrationFailure.error(failure, doing: "at its COMMIT")
      error.place = MigrationError.Place(file: source.name)
    default:
      error = MigrationFailure.error(failure, doing: "\(file.name) could not be recorded")
      // Another run, through a pooler that hides the lock, was first.
      if failure.sqlState == .uniqueViolation { error.category = .tryAgain }
    }
    error.failed = file.name
    return error
  }
}
