import PQClient
import VectorSQL

extension Migrator {
  /// The rows of the history; nil where there is none.
  func history(on db: inout PQConnection) throws(MigrationError) -> [MigrationRecord]? {
    do throws(PostgresError) {
      return try MigrationHistory.read(&db)
    } catch {
      throw MigrationFailure.error(error, doing: "the history could not be read")
    }
  }

  /// Files and history under the lock, where the database may be begun.
  func planToRun(
    _ files: [MigrationFile],
    on db: inout PQConnection
  ) throws(MigrationError) -> MigrationPlan {
    if let history = try history(on: &db) { return MigrationPlan(files: files, history: history) }
    let plan = MigrationPlan(files: files, history: [])
    guard !options.allowNonEmpty else { return plan }
    let tables = try userTables(on: &db)
    guard tables == 0 else {
      throw MigrationError(
        .configuration,
        "this database has \(tables) table\(tables == 1 ? "" : "s") and no history of migrations"
          + " (first pending: \(plan.entries.first?.name ?? "none"))",
        detail: "If the tables are those of the files: dbtool migrate baseline",
        advice: "If they belong to something else and may stay: --allow-nonempty"
      )
    }
    return plan
  }

  /// Tables that are neither the system's, nor an extension's, nor ours.
  private func userTables(on db: inout PQConnection) throws(MigrationError) -> Int {
    do throws(PostgresError) {
      return try db.query(
        """
        SELECT count(*)
        FROM pg_catalog.pg_class
        JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pg_class.relnamespace
        WHERE pg_class.relkind IN ('r', 'p', 'f')
          AND pg_namespace.nspname NOT IN ('dbtool', 'information_schema')
          AND pg_namespace.nspname !~ '^pg_'
          AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend
            WHERE pg_depend.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
              AND pg_depend.objid = pg_class.oid
              AND pg_depend.deptype = 'e'
          )
        """
      ).scalar()
    } catch {
      throw MigrationFailure.error(error, doing: "the tables could not be counted")
    }
  }

  /// Makes what a run writes to, which needs no pgvector.
  func install(on db: inout PQConnection) throws(MigrationError) {
    do {
      try InternalSchema.install([.history, .registry], on: &db)
    } catch let error as PostgresError {
      var error = MigrationFailure.error(error, doing: "the dbtool schema could not be made")
      if error.category == .rights {
        error.advice = "Have its owner run: GRANT CREATE ON DATABASE … TO this role."
      }
      throw error
    } catch let error as AdvisoryLockTimeout {
      throw Self.error(error)
    } catch {
      throw MigrationError(.badData, "the dbtool schema could not be made: \(error)")
    }
  }

  /// Runs a closure while no other run can work on this database.
  func locked<Value>(
    on db: inout PQConnection,
    report: (MigrationEvent) -> Void,
    _ body: (inout PQConnection) throws(MigrationError) -> Value
  ) throws(MigrationError) -> Value {
    do {
      return try db.withAdvisoryLock(
        Self.lockKey,
        waitingUpTo: options.lockTimeout,
        onWait: { report(.waiting($0)) },
        { db in try body(&db) }
      )
    } catch let error as MigrationError {
      throw error
    } catch let error as AdvisoryLockTimeout {
      throw Self.error(error)
    } catch let error as PostgresError {
      throw MigrationFailure.error(error, doing: "the lock of migrations")
    } catch {
      throw MigrationError(.badData, "\(error)")
    }
  }

  private static func error(_ timeout: AdvisoryLockTimeout) -> MigrationError {
    let seconds = timeout.waited.components.seconds
    let holder = timeout.holder.map { holder in
      let name = holder.application.isEmpty ? "a session" : holder.application
      let since = holder.seconds.map { ", busy for \(Int($0)) s" } ?? ""
      return "\(name) (pid \(holder.pid)\(since))"
    }
    return MigrationError(
      .tryAgain,
      "another session migrates this database: \(holder ?? "an unknown one")",
      detail: "Waited for \(seconds) s; nothing was run.",
      advice: "Try again."
    )
  }
}
