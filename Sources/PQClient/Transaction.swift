public import VectorSQL

extension PQConnection {
  /// Runs a closure between BEGIN and COMMIT; what it throws rolls everything back.
  ///
  /// - Parameters:
  ///   - begin: The opening statement, for example `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`.
  ///   - body: What runs inside.
  /// - Returns: What the closure returns.
  /// - Throws: What the closure throws, or ``PostgresError`` from BEGIN and COMMIT, for a transaction
  ///   within another, which the server would only warn about, and for one that ended inside.
  public mutating func transaction<Value>(
    _ begin: SQLFragment = "BEGIN",
    _ body: (inout PQConnection) throws -> Value
  ) throws -> Value {
    guard transactionStatus == .idle || isBroken else {
      throw PostgresError(.client, "a transaction is open already", sqlState: .activeTransaction)
    }
    try execute(begin)
    let value: Value
    do {
      value = try body(&self)
    } catch {
      rollBack()
      throw error
    }
    try commit()
    return value
  }

  /// Ends what is open; the connection may be gone, then the server does so by itself.
  mutating func rollBack() {
    if transactionStatus != .idle { _ = try? execute("ROLLBACK") }
    types = TypeDirectory()
  }

  private mutating func commit() throws(PostgresError) {
    guard transactionStatus != .idle else {
      throw PostgresError(
        .client,
        "the transaction was ended before its COMMIT",
        sqlState: .noActiveTransaction
      )
    }
    let result = try query("COMMIT")
    // A failed transaction answers COMMIT with ROLLBACK and no error; that must not pass as done.
    guard result.commandTag == "COMMIT" else {
      types = TypeDirectory()
      throw PostgresError(
        .client,
        "the transaction had failed and was rolled back",
        sqlState: .inFailedTransaction
      )
    }
  }

  /// Runs a statement under its own settings, in one transaction and one round trip.
  ///
  /// ```swift
  /// try db.run(SQLStatement("SELECT …", settings: [SQLSetting("hnsw.ef_search", "200")]))
  /// // BEGIN; SET LOCAL hnsw.ef_search = 200; SELECT …; COMMIT
  /// ```
  ///
  /// Inside a transaction that is open already, the settings last until its end.
  ///
  /// - Throws: ``PostgresError`` from the server; nothing stays open that was not.
  public mutating func run(_ statement: SQLStatement) throws(PostgresError) -> PQResult {
    guard !statement.settings.isEmpty else { return try query(statement) }
    var around = statement.settings.map { SQLStatement($0) }
    // Else the COMMIT would end the caller's transaction.
    let isOwn = transactionStatus == .idle
    if isOwn { around.insert(SQLStatement("BEGIN"), at: 0) }
    let results = try pipeline(around + [statement] + (isOwn ? [SQLStatement("COMMIT")] : []))
    return results[around.count]
  }
}

extension SQLStatement {
  /// The statement that applies a setting for the length of a transaction.
  public init(_ setting: SQLSetting) { self.init(text: setting.sql, binds: []) }
}
