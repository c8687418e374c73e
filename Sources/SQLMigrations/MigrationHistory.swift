import Crypto
import PQClient
import VectorSQL

/// Reads and writes `dbtool.schema_history`.
///
/// The statements stand beside a user's own, under whatever settings these leave behind: every name
/// is qualified, and values are literals, so that a run and a dry run send the same text.
package enum MigrationHistory {
  /// All rows; nil in a database without history.
  static func read(_ db: inout PQConnection) throws(PostgresError) -> [MigrationRecord]? {
    do throws(PostgresError) {
      var records: [MigrationRecord] = []
      for row in try db.query(select) { records.append(try record(row)) }
      return records
    } catch  where error.sqlState == .undefinedTable || error.sqlState == .schemaMissing {
      return nil
    }
  }

  private static let select: SQLFragment = """
    SELECT version, name, checksum, applied_at, applied_by,
           extract(epoch FROM duration)::float8 AS seconds,
           state, coalesce(statements_done, 0) AS statements_done, statements_checksum, failure
    FROM dbtool.schema_history
    """

  private static func record(_ row: PQRow) throws(PostgresError) -> MigrationRecord {
    let state: String = try row["state"]
    let done: Int32 = try row["statements_done"]
    return MigrationRecord(
      version: try row["version"],
      name: try row["name"],
      checksum: try row["checksum"],
      appliedAt: try row["applied_at"],
      appliedBy: try row["applied_by"],
      seconds: try row["seconds"],
      state: MigrationRecord.State(rawValue: state) ?? .applied,
      statementsDone: Int(done),
      statementsChecksum: try row["statements_checksum"],
      failure: try row["failure"]
    )
  }

  // MARK: - In the migration's own transaction

  /// Records a migration whose transaction is about to commit.
  static func insertApplied(_ file: MigrationFile) -> SQLFragment {
    insert(
      file,
      state: .applied,
      started: "pg_catalog.transaction_timestamp()",
      duration: """
        pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) pg_catalog.transaction_timestamp()
        """
    )
  }

  /// Records a migration that is taken as applied.
  static func insertBaselined(_ file: MigrationFile) -> SQLFragment {
    insert(file, state: .baselined, started: "pg_catalog.clock_timestamp()", duration: "'0'")
  }

  /// Forgets a migration that has been reverted.
  static func delete(_ file: MigrationFile) -> SQLFragment {
    "DELETE FROM dbtool.schema_history WHERE version = \(literal: file.version)"
  }

  private static func insert(
    _ file: MigrationFile,
    state: MigrationRecord.State,
    started: SQLFragment,
    duration: SQLFragment
  ) -> SQLFragment {
    """
    INSERT INTO dbtool.schema_history (version, name, checksum, applied_at, duration, state)
    VALUES (\(literal: file.version), \(literal: file.name), \(literal: file.checksum),
            \(started), \(duration), \(literal: state.rawValue))
    """
  }

  // MARK: - Statement by statement

  /// Records that a section without a transaction begins.
  static func insertApplying(_ file: MigrationFile) -> SQLFragment {
    """
    INSERT INTO dbtool.schema_history
      (version, name, checksum, applied_at, state, statements_done)
    VALUES (\(literal: file.version), \(literal: file.name), \(literal: file.checksum),
            pg_catalog.clock_timestamp(), \(literal: MigrationRecord.State.applying.rawValue), 0)
    """
  }

  /// Records that a down section without a transaction begins.
  static func updateReverting(_ file: MigrationFile) -> SQLFragment {
    update(
      file,
      "state = \(literal: MigrationRecord.State.reverting.rawValue), statements_done = 0"
    )
  }

  /// Records that an unfinished section goes on, perhaps corrected.
  static func updateResumed(_ file: MigrationFile) -> SQLFragment {
    update(
      file,
      """
      name = \(literal: file.name), checksum = \(literal: file.checksum), failure = NULL,
          applied_at = pg_catalog.clock_timestamp(), applied_by = session_user
      """
    )
  }

  /// Records how many statements have committed, together with the last of them.
  static func updateProgress(
    _ file: MigrationFile,
    done: Int,
    checksum: String
  ) -> SQLFragment {
    update(
      file,
      "statements_done = \(literal: done), statements_checksum = \(literal: checksum)"
    )
  }

  /// Records what the server said to the statement after those that are done.
  static func updateFailure(_ file: MigrationFile, _ message: String) -> SQLFragment {
    update(file, "failure = \(literal: message)")
  }

  /// Records that the last statement is done.
  static func updateApplied(_ file: MigrationFile) -> SQLFragment {
    update(
      file,
      """
      state = \(literal: MigrationRecord.State.applied.rawValue), statements_done = NULL,
          statements_checksum = NULL, failure = NULL,
          duration = pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) applied_at
      """
    )
  }

  private static func update(_ file: MigrationFile, _ assignments: SQLFragment) -> SQLFragment {
    """
    UPDATE dbtool.schema_history
    SET \(assignments)
    WHERE version = \(literal: file.version)
    """
  }

  /// Identifies the statements that an unfinished section has behind it.
  package static func checksum(
    _ statements: some Sequence<ScriptStatement>,
    of source: SourceText
  )
    -> String
  {
    var bytes: [UInt8] = []
    for statement in statements {
      bytes += source.bytes[statement.sql].withUnixLineEnds
      bytes.append(0)
      if let rows = statement.copyData { bytes += source.bytes[rows].withUnixLineEnds }
    }
    return SHA256.hexadecimal(bytes)
  }
}
