import VectorSQL

/// Who holds an advisory lock.
public struct AdvisoryLockHolder: Sendable, Hashable {
  /// The holder's server process.
  public let pid: Int
  /// The holder's `application_name`.
  public let application: String
  /// How long the holder's present transaction or statement has run, in seconds, where visible.
  public let seconds: Double?
}

/// Another session kept the lock for longer than we were ready to wait.
public struct AdvisoryLockTimeout: Error, Sendable {
  /// Who holds it, where the server lets us see.
  public let holder: AdvisoryLockHolder?
  /// How long we waited.
  public let waited: Duration
}

extension PQConnection {
  /// Runs a closure under a session-level advisory lock that is polled, never waited for.
  ///
  /// A session that waits inside `pg_advisory_lock` holds a snapshot, and CREATE INDEX CONCURRENTLY
  /// waits for every snapshot: the holder and the waiter would deadlock. Polling holds nothing.
  ///
  /// - Parameters:
  ///   - key: The lock's key.
  ///   - limit: How long to try.
  ///   - onWait: Called once, when the lock is found taken.
  ///   - body: What runs under the lock.
  /// - Returns: What the closure returns.
  /// - Throws: ``AdvisoryLockTimeout``, ``PostgresError``, or what the closure throws.
  public mutating func withAdvisoryLock<Value>(
    _ key: Int64,
    waitingUpTo limit: Duration,
    onWait: (AdvisoryLockHolder?) -> Void = { _ in },
    _ body: (inout PQConnection) throws -> Value
  ) throws -> Value {
    try acquireAdvisoryLock(key, limit: limit, onWait: onWait)
    let wasIdle = transactionStatus == .idle
    let value: Value
    do {
      value = try body(&self)
    } catch {
      // A failed transaction would refuse the unlocking too, and the session keep the lock.
      if wasIdle { rollBack() }
      _ = try? execute("SELECT pg_catalog.pg_advisory_unlock(\(key))")
      throw error
    }
    try execute("SELECT pg_catalog.pg_advisory_unlock(\(key))")
    return value
  }

  private mutating func acquireAdvisoryLock(
    _ key: Int64,
    limit: Duration,
    onWait: (AdvisoryLockHolder?) -> Void
  ) throws {
    let start = ContinuousClock.now
    var isFirst = true
    while true {
      let taken: Bool = try query("SELECT pg_catalog.pg_try_advisory_lock(\(key))").scalar()
      if taken { return }
      let waited = start.duration(to: .now)
      guard waited < limit else {
        throw AdvisoryLockTimeout(holder: try? advisoryLockHolder(key), waited: waited)
      }
      if isFirst { onWait(try? advisoryLockHolder(key)) }
      isFirst = false
      sleep(milliseconds: Int.random(in: 20...80))
    }
  }

  private mutating func advisoryLockHolder(_ key: Int64) throws(PostgresError)
    -> AdvisoryLockHolder?
  {
    let rows = try query(
      """
      SELECT l.pid, coalesce(a.application_name, '') AS application,
             extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.query_start))::float8
               AS seconds
      FROM pg_catalog.pg_locks AS l
      LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
        AND l.classid = \(UInt32(truncatingIfNeeded: key >> 32))
        AND l.objid = \(UInt32(truncatingIfNeeded: key))
        AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
      """
    )
    guard let row = rows.first else { return nil }
    return AdvisoryLockHolder(
      pid: try row["pid"],
      application: try row["application"],
      seconds: try row["seconds"]
    )
  }
}
