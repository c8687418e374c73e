/// What is to be done, from the files and the history alone.
///
/// Pure: no connection, no clock. Files and rows belong together by version; the order is that of the
/// files' names.
public struct MigrationPlan: Sendable, Hashable {
  /// All migrations, known from a file, from history or from both, in order.
  public let entries: [MigrationStatus]

  private let files: [String: MigrationFile]

  /// Compares files with history.
  public init(files: [MigrationFile], history: [MigrationRecord]) {
    let fileOf = Dictionary(files.map { ($0.version, $0) }) { first, _ in first }
    let recordOf = Dictionary(history.map { ($0.version, $0) }) { first, _ in first }
    let gone = history.filter { fileOf[$0.version] == nil }
    let order =
      (files.map { ($0.version, $0.name) } + gone.map { ($0.version, $0.name) })
      .sorted { MigrationFile.precedes($0.1, $1.1) }
    let lastRecorded = order.lastIndex { recordOf[$0.0] != nil } ?? -1
    self.files = fileOf
    entries = order.enumerated().map { index, migration in
      let record = recordOf[migration.0]
      let state = Self.state(
        file: fileOf[migration.0],
        record: record,
        isBeforeApplied: index < lastRecorded
      )
      return MigrationStatus(
        version: migration.0,
        name: migration.1,
        state: state,
        record: record
      )
    }
  }

  private static func state(
    file: MigrationFile?,
    record: MigrationRecord?,
    isBeforeApplied: Bool
  ) -> MigrationStatus.State {
    guard let record else { return isBeforeApplied ? .outOfOrder : .pending }
    guard let file else { return .missing }
    // The rest of an unfinished migration may be corrected; what ran of it is compared later.
    if record.isUnfinished { return .unfinished }
    return file.checksum == record.checksum ? .applied : .changed
  }

  /// The migrations in one state.
  public func entries(_ state: MigrationStatus.State) -> [MigrationStatus] {
    entries.filter { $0.state == state }
  }

  /// True if every migration is applied as its file stands: nothing pending, changed or missing.
  public var isUpToDate: Bool { entries.allSatisfy { $0.state == .applied } }

  // MARK: - Up

  /// A migration to be applied, and the row of an earlier run that did not finish it.
  package struct Step: Sendable, Hashable {
    package var file: MigrationFile
    package var record: MigrationRecord?
  }

  /// The files to run, in order.
  ///
  /// - Parameters:
  ///   - version: The last one to run; nil for all.
  ///   - allowOutOfOrder: Whether files that come before an applied one may run.
  /// - Returns: A step for each file, unfinished ones included.
  /// - Throws: ``MigrationError`` if files and history disagree, or there is no such version.
  package func up(
    to version: String? = nil,
    allowOutOfOrder: Bool = false
  ) throws(MigrationError) -> [Step] {
    try refuseDisagreement(allowOutOfOrder: allowOutOfOrder)
    if let reverting = entries.first(where: { $0.record?.state == .reverting }) {
      throw MigrationError(
        .badData,
        "\(reverting.name) is half reverted",
        advice: "Finish that first: dbtool migrate down"
      )
    }
    return try entriesUp(to: version).compactMap { entry in
      switch entry.state {
      case .pending, .outOfOrder, .unfinished:
        files[entry.version].map { Step(file: $0, record: entry.record) }
      case .applied, .missing, .changed: nil
      }
    }
  }

  /// The files that a baseline records.
  package func baseline(to version: String?) throws(MigrationError) -> [MigrationFile] {
    try refuseDisagreement(allowOutOfOrder: true)
    let recorded = entries.filter { $0.record != nil }
    let missing = try entriesUp(to: version).filter { $0.record == nil }
    guard recorded.isEmpty || missing.isEmpty else {
      throw MigrationError(
        .badData,
        "this database has a history already: \(recorded.count) recorded,"
          + " \(missing.count) not (first: \(missing[0].name))",
        advice: "Run what is missing: dbtool migrate"
      )
    }
    return missing.compactMap { files[$0.version] }
  }

  private func entriesUp(to version: String?) throws(MigrationError) -> ArraySlice<MigrationStatus>
  {
    guard let version else { return entries[...] }
    guard let last = entries.firstIndex(where: { $0.version == version }) else {
      throw MigrationError(
        .absent,
        "there is no migration with the version \(version)",
        advice: "dbtool migrate status lists all."
      )
    }
    return entries[...last]
  }

  private func refuseDisagreement(allowOutOfOrder: Bool) throws(MigrationError) {
    let changed = entries(.changed)
    let missing = entries(.missing).filter { $0.record?.isUnfinished == false }
    let begun = entries(.missing).filter { $0.record?.isUnfinished == true }
    let late = allowOutOfOrder ? [] : entries(.outOfOrder)
    let problems = [
      Self.sentence(changed, "was edited after it was applied", "were edited after being applied"),
      Self.sentence(
        missing,
        "was applied, and its file is gone",
        "were applied, the files are gone"
      ),
      Self.sentence(
        begun,
        "was begun and not finished, and its file is gone",
        "were begun and not finished, the files are gone"
      ),
      Self.sentence(late, "comes before one that is applied", "come before one that is applied"),
    ].compactMap(\.self)
    guard !problems.isEmpty else { return }
    var advice = "Nothing was run. "
    if changed.isEmpty && missing.isEmpty && begun.isEmpty {
      advice += "Rename the file to a later version, or say --allow-out-of-order."
    } else {
      advice += "Put the files back as they were applied; make changes in a new migration."
    }
    var error = MigrationError(.badData, problems.joined(separator: "; "), advice: advice)
    error.failed = (changed + missing + begun + late).first?.name
    throw error
  }

  private static func sentence(
    _ entries: [MigrationStatus],
    _ singular: String,
    _ plural: String
  ) -> String? {
    guard let first = entries.first else { return nil }
    guard entries.count > 1 else { return "\(first.name) \(singular)" }
    let names = entries.prefix(3).map(\.name).joined(separator: ", ")
    let rest = entries.count > 3 ? " and \(entries.count - 3) more" : ""
    return "\(names)\(rest) \(plural)"
  }

  // MARK: - Down

  /// The migrations to revert, the last one first.
  ///
  /// - Parameter count: How many; nil for all.
  /// - Returns: A step for each file.
  /// - Throws: ``MigrationError`` if one of them cannot be reverted: nothing is to be run then.
  package func down(_ count: Int?) throws(MigrationError) -> [Step] {
    let applied = entries.filter { $0.record != nil }.reversed()
    var steps: [Step] = []
    for entry in count.map({ applied.prefix($0) }) ?? applied[...] {
      steps.append(try stepDown(entry))
    }
    return steps
  }

  private func stepDown(_ entry: MigrationStatus) throws(MigrationError) -> Step {
    guard let file = files[entry.version] else {
      throw MigrationError(
        .badData,
        "\(entry.name) cannot be reverted: its file is gone",
        advice: "Nothing was run. Put the file back."
      )
    }
    guard entry.state != .changed else {
      throw MigrationError(
        .badData,
        "\(entry.name) was edited after it was applied",
        advice: "Nothing was run. Put the file back as it was applied."
      )
    }
    guard entry.record?.state != .applying else {
      throw MigrationError(
        .badData,
        "\(entry.name) is half applied",
        advice: "Nothing was run. Finish that first: dbtool migrate"
      )
    }
    return Step(file: file, record: entry.record)
  }
}
