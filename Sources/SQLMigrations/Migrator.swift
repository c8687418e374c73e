public import PQClient
import VectorSQL

/// Brings a database to the state that a folder of migrations describes.
///
/// ```swift
/// let migrator = Migrator(folder: MigrationFolder("migrations"))
/// for result in try migrator.up(on: &db) { print(result.name) }
/// ```
///
/// It takes any folder and any PostgreSQL. Runs exclude each other by an advisory lock that is polled,
/// never waited for inside of the server, where CREATE INDEX CONCURRENTLY would wait for the waiter.
/// What happens when a migration fails is told in ``MigrationError``.
public struct Migrator: Sendable {
  /// What a run may do.
  public struct Options: Sendable, Hashable {
    /// How long to wait while another session migrates.
    public var lockTimeout: Duration = .seconds(60)
    /// Whether files that come before an applied one may run.
    public var allowOutOfOrder = false
    /// Whether to begin in a database that has tables but no history.
    public var allowNonEmpty = false

    /// The defaults: a minute of patience, and nothing allowed.
    public init() {}
  }

  /// Where the files are.
  public let folder: MigrationFolder
  /// What the run may do.
  public var options: Options

  /// The advisory lock of a run: the bytes of `dbtoolMI`.
  static let lockKey: Int64 = 0x6462_746F_6F6C_4D49

  /// A migrator for a folder.
  public init(folder: MigrationFolder, options: Options = Options()) {
    self.folder = folder
    self.options = options
  }

  /// Compares files and history; writes nothing, and works on a hot standby.
  ///
  /// - Throws: ``MigrationError`` for files that cannot be read and a history that may not be.
  public func plan(on db: inout PQConnection) throws(MigrationError) -> MigrationPlan {
    MigrationPlan(files: try folder.files(), history: try history(on: &db) ?? [])
  }

  // MARK: - Up

  /// Applies what is pending.
  ///
  /// - Parameters:
  ///   - version: The last version to apply; nil for all.
  ///   - db: A connection outside of a transaction.
  ///   - report: Called as the run goes on.
  /// - Returns: What was applied, in order.
  /// - Throws: ``MigrationError``; what it names as applied stays.
  @discardableResult
  public func up(
    to version: String? = nil,
    on db: inout PQConnection,
    report: (MigrationEvent) -> Void = { _ in }
  ) throws(MigrationError) -> [MigrationResult] {
    let files = try folder.files()
    // Without pending files there is nothing to lock for: one round trip.
    let found = MigrationPlan(files: files, history: try history(on: &db) ?? [])
    guard try !stepsUp(found, to: version).isEmpty else { return [] }
    return try locked(on: &db, report: report) { db throws(MigrationError) in
      let steps = try stepsUp(try planToRun(files, on: &db), to: version)
      let parsed = try steps.map { step throws(MigrationError) in try parse(step.file) }
      try install(on: &db)
      return try run(
        zip(steps, parsed).map { ($0, $1, $1.up) },
        isUp: true,
        on: &db,
        report: report
      )
    }
  }

  func stepsUp(
    _ plan: MigrationPlan,
    to version: String?
  ) throws(MigrationError) -> [MigrationPlan.Step] {
    try plan.up(to: version, allowOutOfOrder: options.allowOutOfOrder)
  }

  // MARK: - Down

  /// Reverts the last migrations, the last one first.
  ///
  /// - Parameters:
  ///   - count: How many; nil for all.
  ///   - db: A connection outside of a transaction.
  ///   - report: Called as the run goes on.
  /// - Returns: What was reverted, in order.
  /// - Throws: ``MigrationError``; a file that cannot be reverted is found before anything runs.
  @discardableResult
  public func down(
    _ count: Int? = 1,
    on db: inout PQConnection,
    report: (MigrationEvent) -> Void = { _ in }
  ) throws(MigrationError) -> [MigrationResult] {
    let files = try folder.files()
    guard try history(on: &db)?.isEmpty == false else { return [] }
    return try locked(on: &db, report: report) { db throws(MigrationError) in
      let plan = MigrationPlan(files: files, history: try history(on: &db) ?? [])
      let work = try plan.down(count).map { step throws(MigrationError) in
        let parsed = try parse(step.file)
        return (step, parsed, try downSection(of: parsed))
      }
      return try run(work, isUp: false, on: &db, report: report)
    }
  }

  private func downSection(
    of migration: ParsedMigration
  ) throws(MigrationError) -> MigrationSection {
    guard let down = migration.down else {
      var error = MigrationError(
        .badData,
        "cannot be reverted: it has no '-- migrate:down' line",
        advice: "Nothing was run. What it did must be undone by a new migration."
      )
      error.place = MigrationError.Place(file: migration.source.name)
      throw error
    }
    return down
  }

  // MARK: - Baseline

  /// Records files as applied without running them, for a database that has their tables already.
  ///
  /// - Parameters:
  ///   - version: The last version that the database has; nil for all.
  ///   - db: A connection outside of a transaction.
  ///   - report: Called as the run goes on.
  /// - Returns: What was recorded; nothing if all of it was recorded before.
  /// - Throws: ``MigrationError`` where there is another history already.
  @discardableResult
  public func baseline(
    to version: String? = nil,
    on db: inout PQConnection,
    report: (MigrationEvent) -> Void = { _ in }
  ) throws(MigrationError) -> [MigrationResult] {
    let files = try folder.files()
    return try locked(on: &db, report: report) { db throws(MigrationError) in
      let plan = MigrationPlan(files: files, history: try history(on: &db) ?? [])
      let recorded = try plan.baseline(to: version)
      guard !recorded.isEmpty else { return [] }
      try install(on: &db)
      do throws(PostgresError) {
        let rows = recorded.map { SQLStatement(MigrationHistory.insertBaselined($0)) }
        _ = try db.pipeline([SQLStatement("BEGIN")] + rows + [SQLStatement("COMMIT")])
      } catch {
        throw MigrationFailure.error(error, doing: "the baseline could not be recorded")
      }
      return recorded.map { MigrationResult(version: $0.version, name: $0.name, duration: .zero) }
    }
  }

  // MARK: - Running

  private func run(
    _ work: [(MigrationPlan.Step, ParsedMigration, MigrationSection)],
    isUp: Bool,
    on db: inout PQConnection,
    report: (MigrationEvent) -> Void
  ) throws(MigrationError) -> [MigrationResult] {
    let needsStandardStrings = try !hasStandardStrings(on: &db)
    var results: [MigrationResult] = []
    for (step, migration, section) in work {
      report(.started(name: step.file.name, number: results.count + 1, count: work.count))
      let start = ContinuousClock.now
      do throws(MigrationError) {
        try withoutActuallyEscaping(report) { report throws(MigrationError) in
          let runner = MigrationRunner(
            migration: migration,
            file: step.file,
            section: section,
            isUp: isUp,
            record: step.record,
            needsStandardStrings: needsStandardStrings,
            report: report
          )
          try runner.run(on: &db)
        }
      } catch {
        throw error.after(results, isUp: isUp, hasTransaction: section.isTransactional)
      }
      let result = MigrationResult(
        version: step.file.version,
        name: step.file.name,
        duration: start.duration(to: .now)
      )
      report(.finished(result))
      results.append(result)
    }
    return results
  }

  func parse(_ file: MigrationFile) throws(MigrationError) -> ParsedMigration {
    do throws(MigrationParsingError) {
      return try MigrationParser.parse(file.source)
    } catch {
      var error = MigrationError(error)
      error.failed = file.name
      throw error
    }
  }

  private func hasStandardStrings(on db: inout PQConnection) throws(MigrationError) -> Bool {
    do throws(PostgresError) {
      let setting: String = try db.query("SHOW standard_conforming_strings").scalar()
      return setting == "on"
    } catch {
      throw MigrationFailure.error(error, doing: "a setting could not be read")
    }
  }
}

extension MigrationError {
  /// The same failure, with what had been done before it.
  fileprivate func after(
    _ results: [MigrationResult],
    isUp: Bool,
    hasTransaction: Bool
  ) -> MigrationError {
    var error = self
    error.applied = results.map(\.name)
    guard hasTransaction, category != .unreachable else { return error }
    let verb = isUp ? "applied" : "reverted"
    let before =
      switch results.count {
      case 0: "Nothing was \(verb)."
      case 1: "Nothing of this file was kept; 1 before it is \(verb)."
      default: "Nothing of this file was kept; \(results.count) before it are \(verb)."
      }
    error.advice = [advice, before].compactMap(\.self).joined(separator: " ")
    return error
  }
}
