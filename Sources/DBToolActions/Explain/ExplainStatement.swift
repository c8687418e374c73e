import PGCatalog
package import PQClient
import PlanVerdict
package import VectorSQL

/// EXPLAIN of one statement in a read-only transaction that is rolled back, with a verdict.
package struct ExplainStatement: Sendable {
  /// The statement with its settings.
  package let statement: SQLStatement
  /// The search that the statement is of, where it is one.
  package private(set) var query: NeighborQuery?
  /// The same question with every row compared, where the caller has it; else index scans are switched off.
  package let exact: SQLStatement?
  /// Where the text came from, for errors with a place.
  package let source: StatementSource?
  /// Whether it runs; otherwise it is only planned.
  package var analyzes = true
  /// Whether the answer is compared with the exact one.
  package var measuresRecall = false
  /// The time after which the server gives up; nil for none.
  package var timeoutSeconds: Int?

  /// The types of its parameters, as far as they are declared.
  private let types: [String]

  /// A statement of the builder's.
  package init(_ statement: SQLStatement, exact: SQLStatement? = nil) {
    self.statement = statement
    self.exact = exact
    source = nil
    types = statement.binds.map(\.type.name)
  }

  /// A search.
  package init(_ query: NeighborQuery) {
    self.init(query.statement, exact: query.exactStatement)
    self.query = query
  }

  /// A statement that came as text.
  ///
  /// - Parameters:
  ///   - source: The text.
  ///   - values: Values for `$1`, `$2`, … in their text form, nil for NULL; those of the script's EXECUTE where
  ///     there are none.
  ///   - db: The connection, which evaluates those of EXECUTE.
  /// - Throws: ``ActionError`` where values are missing or too many; `PostgresError` from the server.
  package init(
    _ source: StatementSource,
    values: [String?],
    on db: inout PQConnection
  ) throws {
    var values = values
    if values.isEmpty {
      for argument in source.arguments {
        // Read-only, and one expression: the text is the script's own.
        let opening = Self.opening(source.statement.settings, of: source)
        let value = SQLStatement(text: "SELECT (\(argument))::text", binds: [])
        let results = try db.pipeline(opening + [value, SQLStatement("ROLLBACK")])
        values.append(try results[opening.count].scalar())
      }
    }
    let binds = values.map { SQLBind(UntypedValue(text: $0)) }
    statement = SQLStatement(
      text: source.statement.text,
      binds: binds,
      settings: source.statement.settings
    )
    exact = nil
    self.source = source
    types = source.types
    let wanted = try prepared(on: &db)
    Self.close(&db)
    guard wanted.count == binds.count else {
      let list = wanted.enumerated().map { "$\($0.offset + 1) \($0.element)" }
        .joined(separator: ", ")
      throw ActionError(
        .usage,
        wanted.isEmpty
          ? "\(source.name): the statement has no parameters, and \(Figures.count(binds.count, "value")) for them"
          : "\(source.name): the statement has \(Figures.count(wanted.count, "parameter")) (\(list)), and "
            + Figures.count(binds.count, "value"),
        advice: wanted.isEmpty
          ? "leave out --bind"
          : "give each its value, in order: --bind VALUE, or --bind-null NUMBER"
      )
    }
  }

  /// A statement that came as text, whose parameters stay open: it can be planned, not run.
  init(generic source: StatementSource) {
    let generic = SQLSetting("plan_cache_mode", "force_generic_plan")
    statement = SQLStatement(
      text: source.statement.text,
      binds: [],
      settings: source.statement.settings + [generic]
    )
    analyzes = false
    exact = nil
    self.source = source
    types = source.types
  }

  /// Opens a transaction and has the server prepare the statement, which finds what is wrong with the text.
  ///
  /// - Returns: The types of all parameters, declared and inferred.
  private func prepared(on db: inout PQConnection) throws -> [String] {
    let opening = Self.opening(statement.settings, of: source, timeoutSeconds: timeoutSeconds)
    let own = PreparedText(Self.name, types: types, binds: [])
    do {
      let results = try db.pipeline(opening + [own.prepare(statement.text), own.parameterTypes])
      return try results[opening.count + 1].scalar()
    } catch {
      // An empty database has no such table, and no other: that is the matter, and not the text.
      if error.sqlState == .undefinedTable, try EmptyDatabase.isAt(&db) { throw error }
      throw Self.judged(error, prefix: own.prefix, in: source)
    }
  }

  /// The binds, and NULLs for parameters that stay open.
  private func values(for types: [String]) -> [SQLBind] {
    let open = types.dropFirst(statement.binds.count)
    return statement.binds + open.map { _ in SQLBind(UntypedValue(text: nil)) }
  }

  private static let name = "dbtool_explain"

  /// Ends the transaction, and forgets the statement; within it where that is possible, since behind a pooler the
  /// next transaction may have another session.
  private static func close(_ db: inout PQConnection) {
    let isSound = db.transactionStatus == .open
    if !isSound { _ = try? db.execute("ROLLBACK") }
    _ = try? db.execute("DEALLOCATE \(unsafeRaw: name)")
    if isSound { _ = try? db.execute("ROLLBACK") }
  }

  // MARK: Running

  /// Explains it.
  ///
  /// - Parameter db: A connection outside of a transaction.
  /// - Returns: The plan, and what to make of it.
  /// - Throws: ``ActionError`` where the statement cannot run, with its place; `PostgresError` from the server.
  package func run(on db: inout PQConnection) throws -> Explanation {
    defer { Self.close(&db) }
    let types = try prepared(on: &db)
    let results: [PQResult]
    do {
      let own = PreparedText(Self.name, types: types, binds: statement.binds)
      let explain = own.execute(explaining: options(version: db.serverVersion))
      results = try db.pipeline([Self.blocks, explain, Self.blocks, Self.settings(statement)])
    } catch {
      throw Self.judged(error, in: source)
    }
    let json: String = try results[1].scalar()
    let explained = try ExplainedStatement.read(json)
    let inForce = try results[3].map { row in SQLSetting(try row["name"], try row["setting"]) }
    let catalogue = try CatalogueSnapshot.read(for: explained.plan.all, statement.text, on: &db)
    let isInverted = catalogue.tables.flatMap(\.indexes).contains { $0.method == "ivfflat" }
    let settings = inForce.filter { isInverted || !$0.name.hasPrefix("ivfflat.") }
    let rehearsal = Rehearsal(types: types, binds: statement.binds)
    let planner = Planner(statement: statement, catalogue: catalogue, rehearsal: rehearsal)
    let (verdict, otherCost) = try planner.verdict(explained, on: &db)
    let correction = try planner.correction(of: verdict, mayRun: analyzes, on: &db)
    return Explanation(
      statement: statement,
      settings: settings,
      json: json,
      explained: explained,
      tree: PlanTree(explained, catalogue),
      verdict: verdict,
      otherCost: otherCost,
      correction: correction,
      search: analyzes
        ? try SearchReport(
          explained,
          verdict,
          statement,
          settings,
          blocks: (results[0], results[2]),
          probeFlaw: try planner.flaw(ofProbeIn: explained, on: &db),
          catalogue
        ) : nil,
      recall: measuresRecall ? try recall(of: explained, rehearsal, on: &db) : nil
    )
  }

  /// Plans it, and does nothing else.
  func plan(on db: inout PQConnection) throws -> ExplainedStatement {
    defer { Self.close(&db) }
    return try planned(on: &db).explained
  }

  /// Plans it and judges the plan; runs nothing.
  func judge(
    on db: inout PQConnection
  ) throws -> (verdict: Verdict, correction: Explanation.Correction?) {
    defer { Self.close(&db) }
    let (explained, rehearsal) = try planned(on: &db)
    let catalogue = try CatalogueSnapshot.read(for: explained.plan.all, statement.text, on: &db)
    let planner = Planner(statement: statement, catalogue: catalogue, rehearsal: rehearsal)
    let verdict = try planner.verdict(explained, on: &db).verdict
    return (verdict, try planner.correction(of: verdict, mayRun: false, on: &db))
  }

  /// Opens a transaction and plans.
  private func planned(
    on db: inout PQConnection
  ) throws -> (explained: ExplainedStatement, rehearsal: Rehearsal) {
    let types = try prepared(on: &db)
    let binds = values(for: types)
    let own = PreparedText(Self.name, types: types, binds: binds)
    do {
      let explain = own.execute(explaining: options(version: db.serverVersion))
      let json: String = try db.query(explain).scalar()
      return (try ExplainedStatement.read(json), Rehearsal(types: types, binds: binds))
    } catch let error as PostgresError {
      throw Self.judged(error, in: source)
    }
  }
}

/// A value whose type the server infers from where it stands.
private struct UntypedValue: SQLEncodable {
  let text: String?

  static var sqlType: SQLType { .unspecified }
  var isSQLNull: Bool { text == nil }
  var sqlText: String { text ?? "" }
  func encodeBinary(into buffer: inout [UInt8]) { sqlText.encodeBinary(into: &buffer) }
  func validate() throws(SQLValueError) { try sqlText.validate() }
}
