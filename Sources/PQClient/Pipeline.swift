import CLibPQ
public import VectorSQL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension PQConnection {
  /// Sends several statements at once and reads their results: one round trip for all.
  ///
  /// They run in order; after the first error the rest are skipped. Where the statements open a
  /// transaction themselves, an error rolls it back, so that nothing stays open.
  ///
  /// - Returns: A result for each statement.
  /// - Throws: ``PostgresError`` of the first statement that failed.
  public mutating func pipeline(_ statements: [SQLStatement]) throws(PostgresError) -> [PQResult] {
    try send(statements, resultFormat: 1).checkedResults()
  }

  /// Runs a prepared statement for many sets of binds in one round trip.
  ///
  /// - Returns: A result for each set.
  /// - Throws: ``PostgresError`` of the first that failed; all of them are one implicit transaction.
  public mutating func pipeline(
    _ prepared: PreparedStatement,
    binds: [[SQLBind]]
  ) throws(PostgresError) -> [PQResult] {
    var batch: [BoundParameters] = []
    batch.reserveCapacity(binds.count)
    for set in binds {
      try prepared.check(set)
      batch.append(try BoundParameters(set))
    }
    let connection = handle.pointer
    let outcome = try pipelined(count: batch.count) { index in
      batch[index].withPointers { count, values, lengths, formats in
        PQsendQueryPrepared(connection, prepared.name, count, values, lengths, formats, 1)
      }
    }
    return try outcome.checkedResults()
  }

  /// What came of a pipeline: the results of the statements that ran, and the error that stopped it.
  ///
  /// The statement that failed is the one whose number is the count of the results.
  public struct PipelineOutcome {
    /// A result for each statement before the one that failed.
    public let results: [PQResult]
    /// Why the rest did not run.
    public let failure: PostgresError?
  }

  /// Sends several statements at once, as ``pipeline(_:)`` does, and says how far they came.
  ///
  /// Results come as text: a script may select what has no binary form.
  ///
  /// - Parameter statements: What to run; settings are not applied.
  /// - Returns: The results, and the first error.
  /// - Throws: ``PostgresError`` where nothing could be sent.
  public mutating func attemptPipeline(
    _ statements: [SQLStatement]
  ) throws(PostgresError) -> PipelineOutcome {
    try send(statements, resultFormat: 0)
  }

  private mutating func send(
    _ statements: [SQLStatement],
    resultFormat: Int32
  ) throws(PostgresError) -> PipelineOutcome {
    var batch: [(text: String, types: [Oid], parameters: BoundParameters)] = []
    for statement in statements {
      try checkText(statement.text)
      let types = try resolvedTypes(statement.binds)
      batch.append((statement.text, types, try BoundParameters(statement.binds)))
    }
    let connection = handle.pointer
    return try pipelined(count: batch.count) { index in
      let (text, types, parameters) = batch[index]
      return parameters.withPointers { count, values, lengths, formats in
        PQsendQueryParams(
          connection,
          text,
          count,
          types,
          values,
          lengths,
          formats,
          resultFormat
        )
      }
    }
  }

  private mutating func pipelined(
    count: Int,
    send: (Int) -> Int32
  ) throws(PostgresError) -> PipelineOutcome {
    let connection = handle.pointer
    let wasIdle = transactionStatus == .idle
    // Non-blocking, since a client that only writes while the server only writes is a deadlock.
    guard PQsetnonblocking(connection, 1) == 0, PQenterPipelineMode(connection) == 1 else {
      throw handle.connectionError()
    }
    var failure: PostgresError?
    for index in 0..<count where failure == nil && send(index) != 1 {
      failure = handle.connectionError()
    }
    if PQpipelineSync(connection) != 1 {
      // Without the end mark nothing would ever end what follows.
      failure = failure ?? handle.connectionError()
      breakOff()
      return PipelineOutcome(results: [], failure: failure)
    }
    let results = collect(count: count, failure: &failure)
    if PQexitPipelineMode(connection) != 1 { failure = failure ?? handle.connectionError() }
    if PQsetnonblocking(connection, 0) != 0 { failure = failure ?? handle.connectionError() }
    if failure != nil {
      types = TypeDirectory()
      if wasIdle, transactionStatus != .idle { _ = try? execute("ROLLBACK") }
    }
    return PipelineOutcome(results: results, failure: failure)
  }

  /// Reads one result per statement and the end of the pipeline.
  private func collect(count: Int, failure: inout PostgresError?) -> [PQResult] {
    var results: [PQResult] = []
    results.reserveCapacity(count)
    flush(&failure)
    var ends = 0
    while ends < 2 {
      wait()
      guard let result = PQgetResult(handle.pointer) else {
        // The end of one statement; twice in a row on a broken connection, the end of everything.
        ends = handle.isBroken ? ends + 1 : 0
        continue
      }
      ends = 0
      switch PQresultStatus(result) {
      case PGRES_PIPELINE_SYNC:
        PQclear(result)
        return results
      case PGRES_PIPELINE_ABORTED:
        PQclear(result)
      case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
        PQclear(result)
        failure = failure ?? PostgresError(.client, "a COPY cannot run in a pipeline")
        breakOff()
        return results  // libpq would hand out the same status for ever
      default:
        do { results.append(try handle.checked(result)) } catch { failure = failure ?? error }
      }
    }
    failure = failure ?? handle.connectionError()
    return results
  }

  /// Sends what is queued, taking in what comes meanwhile.
  private func flush(_ failure: inout PostgresError?) {
    while true {
      switch PQflush(handle.pointer) {
      case 0: return
      case 1:
        poll(POLLIN | POLLOUT)
        guard PQconsumeInput(handle.pointer) == 1 else {
          failure = failure ?? handle.connectionError()
          return
        }
      default:
        failure = failure ?? handle.connectionError()
        return
      }
    }
  }

  /// Waits until the next result can be read without blocking, or the connection is known to be gone,
  /// which the next result says.
  private func wait() {
    while PQisBusy(handle.pointer) == 1 {
      poll(POLLIN)
      guard PQconsumeInput(handle.pointer) == 1 else { return }
    }
  }

  /// Ends a conversation that cannot be brought to its end: the connection is broken from here on.
  private func breakOff() {
    shutdown(PQsocket(handle.pointer), Int32(SHUT_RDWR))
    while !handle.isBroken, PQconsumeInput(handle.pointer) == 1 {}
  }

  private func poll(_ events: Int32) {
    var descriptor = pollfd(fd: PQsocket(handle.pointer), events: Int16(events), revents: 0)
    #if canImport(Glibc)
    _ = Glibc.poll(&descriptor, 1, -1)
    #elseif canImport(Musl)
    _ = Musl.poll(&descriptor, 1, -1)
    #else
    _ = Darwin.poll(&descriptor, 1, -1)
    #endif
  }
}

extension PQConnection.PipelineOutcome {
  fileprivate func checkedResults() throws(PostgresError) -> [PQResult] {
    if let failure { throw failure }
    return results
  }
}
