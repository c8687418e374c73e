import PQClient
import VectorSQL

/// A statement by way of PREPARE and EXECUTE: planned as the server plans it for a client that prepares it, with
/// the values or, where `plan_cache_mode` says so, for any.
struct PreparedText {
  /// Its name in the session.
  let name: String
  /// The types of the parameters that are declared; the server infers the rest.
  let types: [String]
  /// The parameters' values as SQL literals.
  let values: [String]

  /// Names the parts.
  ///
  /// - Parameters:
  ///   - name: Its name in the session.
  ///   - types: The declared types.
  ///   - binds: The values.
  init(_ name: String, types: [String], binds: [SQLBind]) {
    self.name = name
    self.types = types
    values = binds.map { bind in bind.text.map { SQLLiteral.quoted($0) } ?? "NULL" }
  }

  /// What stands before the statement's own text.
  var prefix: String {
    "PREPARE \(name)\(types.isEmpty ? "" : " (\(types.joined(separator: ", ")))") AS\n"
  }

  /// `PREPARE`.
  func prepare(_ sql: String) -> SQLStatement { SQLStatement(text: prefix + sql, binds: []) }

  /// `EXECUTE`, or what it would do.
  ///
  /// - Parameter options: Those of EXPLAIN; nil to run it.
  /// - Returns: The statement.
  func execute(explaining options: String?) -> SQLStatement {
    let list = values.isEmpty ? "" : " (\(values.joined(separator: ", ")))"
    let explain = options.map { "EXPLAIN (\($0)) " } ?? ""
    return SQLStatement(text: "\(explain)EXECUTE \(name)\(list)", binds: [])
  }

  /// The types of all parameters, declared and inferred, once it is prepared.
  var parameterTypes: SQLStatement {
    SQLStatement(
      "SELECT parameter_types::text[] FROM pg_catalog.pg_prepared_statements WHERE name = \(name)"
    )
  }

  /// `DEALLOCATE`; no end of a transaction does that.
  var deallocate: SQLStatement { SQLStatement("DEALLOCATE \(unsafeRaw: name)") }
}

/// Runs or plans statements in a savepoint of an open transaction, each with the values of one that is explained.
struct Rehearsal {
  private let prepared: PreparedText

  /// Takes the declared types and the values.
  init(types: [String], binds: [SQLBind]) {
    prepared = PreparedText("dbtool_rehearsal", types: types, binds: binds)
  }

  /// Runs one, and takes its settings back.
  ///
  /// - Parameters:
  ///   - sql: The statement.
  ///   - options: Those of EXPLAIN; nil to run it.
  ///   - settings: What goes before it.
  ///   - db: The connection.
  /// - Returns: Its rows as text, or why it failed.
  /// - Throws: `PostgresError` where the transaction cannot go on.
  func run(
    _ sql: String,
    explaining options: String? = nil,
    settings: [SQLStatement] = [],
    on db: inout PQConnection
  ) throws(PostgresError) -> Result<PQResult, PostgresError> {
    let closing = SQLStatement("ROLLBACK TO SAVEPOINT dbtool")
    let opening = [SQLStatement("SAVEPOINT dbtool")] + settings + [prepared.prepare(sql)]
    let outcome = try db.attemptPipeline(
      opening + [prepared.execute(explaining: options), prepared.deallocate, closing]
    )
    guard let failure = outcome.failure else { return .success(outcome.results[opening.count]) }
    try db.query(closing)
    if outcome.results.count >= opening.count { try db.query(prepared.deallocate) }
    return .failure(failure)
  }
}
