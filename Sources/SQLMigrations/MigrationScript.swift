public import PQClient
import VectorSQL

extension Migrator {
  /// What `up` would do, as one script for psql: lock, migrations, checksums and history rows.
  ///
  /// After `psql -X -f` of it the history is what `up` would have left. psql replaces `:name` where it
  /// knows a variable of that name; apart from that it reads the files as this program does.
  ///
  /// - Parameters:
  ///   - version: The last version to apply; nil for all.
  ///   - db: A connection; nothing is written.
  /// - Returns: The script; it says so where nothing is pending.
  /// - Throws: ``MigrationError`` where `up` would refuse to begin.
  public func script(
    to version: String? = nil,
    on db: inout PQConnection
  ) throws(MigrationError) -> String {
    let plan = try planToRun(try folder.files(), on: &db)
    let steps = try stepsUp(plan, to: version)
    guard !steps.isEmpty else { return "-- Nothing is pending.\n" }
    var script = MigrationScript(count: steps.count)
    script.open(lockKey: Self.lockKey)
    script.install(try missingFiles(on: &db))
    for step in steps { script.append(step, try parse(step.file)) }
    script.close(lockKey: Self.lockKey)
    return script.text
  }

  private func missingFiles(
    on db: inout PQConnection
  ) throws(MigrationError) -> [InternalSchema.File] {
    do throws(PostgresError) {
      return try InternalSchema.missing([.history, .registry], on: &db)
    } catch {
      throw MigrationFailure.error(error, doing: "the dbtool schema could not be read")
    }
  }
}

/// Writes the script of a dry run.
private struct MigrationScript {
  private(set) var text = ""
  private let count: Int
  private var number = 0

  init(count: Int) {
    self.count = count
  }

  mutating func open(lockKey: Int64) {
    text += """
      -- What `dbtool migrate` would run. Use: psql -X -f FILE
      \\set ON_ERROR_STOP on
      \\encoding UTF8
      DO $dbtool$
      BEGIN
        IF NOT pg_catalog.pg_try_advisory_lock(\(lockKey)) THEN
          RAISE EXCEPTION 'another session migrates this database'
            USING ERRCODE = 'lock_not_available', HINT = 'Try again.';
        END IF;
      END
      $dbtool$;
      SET standard_conforming_strings = on;

      """
  }

  mutating func close(lockKey: Int64) {
    text += """

      DO $dbtool$ BEGIN PERFORM pg_catalog.pg_advisory_unlock(\(lockKey)); END $dbtool$;

      """
  }

  mutating func install(_ files: [InternalSchema.File]) {
    guard !files.isEmpty else { return }
    text += "\n-- The dbtool schema.\n" + InternalSchema.script(files)
  }

  mutating func append(_ step: MigrationPlan.Step, _ migration: ParsedMigration) {
    number += 1
    text += "\n-- \(number) of \(count): \(step.file.name)\n-- SHA-256 \(step.file.checksum)\n"
    if migration.up.isTransactional, step.record == nil {
      appendTransaction(step.file, migration)
    } else {
      appendByStatement(step, migration)
    }
    for fragment in MigrationRunner.backToOwnRole { append(fragment) }
    text += "RESET ALL;\nSET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n"
  }

  private mutating func appendTransaction(_ file: MigrationFile, _ migration: ParsedMigration) {
    text += "BEGIN;\n"
    for piece in migration.up.pieces { append(piece, of: migration.source) }
    endLine()
    for fragment in MigrationRunner.backToOwnRole { append(fragment) }
    append(MigrationHistory.insertApplied(file))
    text += "COMMIT;\n"
  }

  private mutating func appendByStatement(
    _ step: MigrationPlan.Step,
    _ migration: ParsedMigration
  ) {
    let source = migration.source
    let statements = migration.up.statements
    let done = step.record?.statementsDone ?? 0
    append(
      step.record == nil
        ? MigrationHistory.insertApplying(step.file) : MigrationHistory.updateResumed(step.file)
    )
    for statement in statements.prefix(done) where statement.isSessionSetting {
      append(.statement(statement), of: source)
    }
    for (index, statement) in statements.enumerated().dropFirst(done) {
      endLine()
      append(.statement(statement), of: source)
      endLine()
      append(
        MigrationHistory.updateProgress(
          step.file,
          done: index + 1,
          checksum: MigrationHistory.checksum(statements.prefix(index + 1), of: source)
        )
      )
    }
    append(MigrationHistory.updateApplied(step.file))
  }

  /// A part of a file as it stands there, with a semicolon where the end of the section stood for it.
  private mutating func append(_ piece: ScriptPiece, of source: SourceText) {
    switch piece {
    case .directive:
      break
    case .gap(let range):
      // Older versions of psql do not know \restrict.
      let lines = source.text(range).split(separator: "\n", omittingEmptySubsequences: false)
      text += lines.filter { !$0.hasPrefix("\\") }.joined(separator: "\n")
    case .statement(let statement):
      let isOpen = statement.range == statement.sql
      text += source.text(statement.range) + (isOpen ? ";" : "")
      if statement.copyData != nil { endLine() }
    }
  }

  private mutating func append(_ fragment: SQLFragment) {
    text += SQLStatement(fragment).text + ";\n"
  }

  private mutating func endLine() {
    if text.utf8.last != UInt8(ascii: "\n") { text += "\n" }
  }
}
