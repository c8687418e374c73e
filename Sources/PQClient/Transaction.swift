public import VectorSQL

extension PQConnection {
  /// Runs a closure between BEGIN and COMMIT; what it throws rolls everything back.
  ///
  /// - Parameters:
  ///   - begin: The opening statement, for example `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`.
  ///   - body: What runs inside.
  /// - Returns: What the closure returns.
  /// - Throws: What the closure throws, or ``PostgresError`` from BEGIN and COMMIT.
  public mutating func transaction<Value>(
    _ begin: SQLFragment = "BEGIN",
    _ body: (inout PQConnection) throws -> Value
  ) throws -> Value {
    try execute(begin)
    let value: Value
    do {
      value = try body(&self)
    } catch {
      // The connection may be gone; then the server rolls back by itself and this error is the news.
      _ = try? execute("ROLLBACK")
      throw error
    }
    try commit()
    return value
  }

  private mutating func commit() throws(PostgresError) {
    let failed = transactionStatus == .failed
    let result = try query("COMMIT")
    // A failed transaction answers COMMIT with ROLLBACK and no error; that must not pass as done.
    guard !failed, result.commandTag == "COMMIT" else {
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
  /// - Throws: ``PostgresError`` from the server; nothing stays open.
  public mutating func run(_ statement: SQLStatement) throws(PostgresError) -> PQResult {
    guard !statement.settings.isEmpty else { return try query(statement) }
    let around = [SQLStatement("BEGIN")] + statement.settings.map { SQLStatement($0) }
    let results = try pipeline(around + [statement, SQLStatement("COMMIT")])
    return results[around.count]
  }
}

extension SQLStatement {
  /// The statement that applies a setting for the length of a transaction.
  public init(_ setting: SQLSetting) { self.init(text: setting.sql, binds: []) }
}
