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
  /// Whether it is planned for any value of its parameters.
  private var isGeneric = false
  /// Whether it runs; otherwise it is only planned.
  package var analyzes = true
  /// Whether the answer is compared with the exact one.
  package var measuresRecall = false
  /// The time after which the server gives up; nil for none.
  package var timeoutSeconds: Int?

  /// A statement of the builder's.
  package init(_ statement: SQLStatement, exact: SQLStatement? = nil) {
    self.statement = statement
    self.exact = exact
    source = nil
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
  ///   - values: Values for `$1`, `$2`, … in their text form; those of the script's EXECUTE where there are none.
  ///   - db: The connection, which evaluates those of EXECUTE.
  /// - Throws: ``ActionError`` where values are missing or too many; `PostgresError` from the server.
  package init(
    _ source: StatementSource,
    values: [String],
    on db: inout PQConnection
  ) throws {
    var binds = values.map { SQLBind(UntypedValue(text: $0)) }
    if values.isEmpty {
      for argument in source.arguments {
        // Read-only, and one expression: the text is the script's own.
        let opening = Self.opening(source.statement.settings, of: source)
        let value = SQLStatement(text: "SELECT (\(argument))::text", binds: [])
        let results = try db.pipeline(opening + [value, SQLStatement("ROLLBACK")])
        let text: String? = try results[opening.count].scalar()
        binds.append(
          text.map { SQLBind(UntypedValue(text: $0)) } ?? SQLBind(UntypedValue(text: nil))
        )
      }
    }
    let wanted = try Self.parameters(of: source, on: &db)
    guard wanted.count == binds.count else {
      let list = wanted.enumerated().map { "$\($0.offset + 1) \($0.element)" }
        .joined(separator: ", ")
      throw ActionError(
        .usage,
        wanted.isEmpty
          ? "\(source.name): the statement has no parameters, and \(Figures.count(binds.count, "value")) for them"
          : "\(source.name): the statement has \(Figures.count(wanted.count, "parameter")) (\(list)), and "
            + Figures.count(binds.count, "value"),
        advice: wanted.isEmpty ? "leave out --bind" : "give each its value, in order: --bind VALUE"
      )
    }
    statement = SQLStatement(
      text: source.statement.text,
      binds: binds,
      settings: source.statement.settings
    )
    exact = nil
    self.source = source
  }

  /// A statement that came as text, whose parameters stay open: it can be planned, not run.
  init(generic source: StatementSource) {
    statement = source.statement
    analyzes = false
    exact = nil
    self.source = source
    isGeneric = true
  }

  /// The types of the parameters, as the server infers them; also finds what is wrong with the text.
  private static func parameters(
    of source: StatementSource,
    on db: inout PQConnection
  ) throws -> [String] {
    let text = source.statement.text
    do {
      let prefix = "PREPARE dbtool_explain AS\n"
      let opening = opening(source.statement.settings, of: source)
      let results = try db.pipeline(
        opening + [
          SQLStatement(text: prefix + text, binds: []),
          SQLStatement(
            "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = 'dbtool_explain'"
          ),
          SQLStatement("DEALLOCATE dbtool_explain"), SQLStatement("ROLLBACK"),
        ]
      )
      return try results[opening.count + 1].scalar()
    } catch {
      throw judged(error, prefix: "PREPARE dbtool_explain AS\n", in: source)
    }
  }

  /// An error of the statement itself, with its place.
  private static func judged(
    _ error: PostgresError,
    prefix: String,
    in source: StatementSource?
  ) -> any Error {
    guard let state = error.sqlState else { return error }
    switch state {
    case .readOnlyTransaction:
      return ActionError(
        .badData,
        "\(source.map { $0.name + ": " } ?? "")the statement would write, and explain changes nothing",
        detail: error.message
      )
    case .queryCanceled where error.message.contains("statement timeout"):
      return ActionError(
        .tryAgain,
        "the statement was ended: \(error.message)",
        advice: "give it longer (--timeout SECONDS), or take the plan alone (--no-analyze)"
      )
    case .insufficientPrivilege: return error
    case _ where ["42", "22", "0A", "25", "21"].contains(state.conditionClass):
      guard let source else { return error }
      let position = error.position.map { $0 - prefix.unicodeScalars.count }
      return source.located(
        error.message,
        position: position,
        detail: error.hint ?? error.detail
      )
    default: return error
    }
  }

  // MARK: Running

  /// A transaction that only reads, with settings, whatever those say.
  ///
  /// - Parameters:
  ///   - settings: The settings.
  ///   - source: The script that they come from; one of ours spells them as SQL.
  ///   - timeoutSeconds: The longest time for a statement, where the role has no shorter one.
  /// - Returns: What goes before the statement.
  private static func opening(
    _ settings: [SQLSetting],
    of source: StatementSource?,
    timeoutSeconds: Int? = nil
  ) -> [SQLStatement] {
    var opening = [SQLStatement("BEGIN ISOLATION LEVEL REPEATABLE READ")]
    opening += settings.map { setting in
      source == nil
        ? SQLStatement(setting)
        : SQLStatement("SELECT set_config(\(setting.name), \(setting.value), true)")
    }
    if let timeoutSeconds {
      opening.append(
        SQLStatement(
          """
          SELECT set_config('statement_timeout', least(
            nullif(extract(epoch FROM current_setting('statement_timeout')::interval) * 1000, 0),
            \(timeoutSeconds * 1000)
          )::bigint::text, true)
          """
        )
      )
    }
    // Last, so that no setting takes it back; and no query can once one has run.
    return opening + [SQLStatement("SET TRANSACTION READ ONLY"), SQLStatement("SELECT")]
  }

  /// The options of EXPLAIN that a server knows.
  private func options(version: Int) -> String {
    var options = ["VERBOSE", "SETTINGS", "FORMAT JSON"]
    if version >= 170_000 { options.insert("MEMORY", at: 0) }
    if analyzes {
      options.insert(contentsOf: ["ANALYZE", "BUFFERS"], at: 0)
      if version >= 170_000 { options.insert("SERIALIZE BINARY", at: 2) }
    } else {
      options.insert("SUMMARY", at: 0)
    }
    if isGeneric { options.insert("GENERIC_PLAN", at: 0) }
    return options.joined(separator: ", ")
  }

  /// Explains it.
  ///
  /// - Parameter db: A connection outside of a transaction.
  /// - Returns: The plan, and what to make of it.
  /// - Throws: ``ActionError`` where the statement cannot run, with its place; `PostgresError` from the server.
  package func run(on db: inout PQConnection) throws -> Explanation {
    let opening = Self.opening(
      statement.settings,
      of: source,
      timeoutSeconds: timeoutSeconds
    )
    let options = options(version: db.serverVersion)
    let results: [PQResult]
    do {
      results = try db.pipeline(
        opening + [
          Self.blocks, statement.explained(options), Self.blocks, Self.settings(statement),
        ]
      )
    } catch {
      throw Self.judged(error, prefix: "EXPLAIN (\(options))\n", in: source)
    }
    defer { _ = try? db.execute("ROLLBACK") }
    let (before, after) = (results[opening.count], results[opening.count + 2])
    let json: String = try results[opening.count + 1].scalar()
    let explained = try ExplainedStatement.read(json)
    let inForce = try results[opening.count + 3].map { row in
      SQLSetting(try row["name"], try row["setting"])
    }
    let catalogue = try CatalogueSnapshot.read(for: explained.plan.all, statement.text, on: &db)
    let isInverted = catalogue.tables.flatMap(\.indexes).contains { $0.method == "ivfflat" }
    let settings = inForce.filter { isInverted || !$0.name.hasPrefix("ivfflat.") }
    let planner = Planner(statement: statement, catalogue: catalogue, isGeneric: isGeneric)
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
          blocks: (before, after),
          catalogue
        ) : nil,
      recall: measuresRecall ? try recall(of: explained.plan, on: &db) : nil
    )
  }

  /// Plans it, and does nothing else.
  func plan(on db: inout PQConnection) throws -> ExplainedStatement {
    defer { _ = try? db.execute("ROLLBACK") }
    return try planned(on: &db)
  }

  /// Plans it and judges the plan; runs nothing.
  func judge(
    on db: inout PQConnection
  ) throws -> (verdict: Verdict, correction: Explanation.Correction?) {
    defer { _ = try? db.execute("ROLLBACK") }
    let explained = try planned(on: &db)
    let catalogue = try CatalogueSnapshot.read(for: explained.plan.all, statement.text, on: &db)
    let planner = Planner(statement: statement, catalogue: catalogue, isGeneric: isGeneric)
    let verdict = try planner.verdict(explained, on: &db).verdict
    return (verdict, try planner.correction(of: verdict, mayRun: false, on: &db))
  }

  /// Opens a transaction and plans.
  private func planned(on db: inout PQConnection) throws -> ExplainedStatement {
    let options = options(version: db.serverVersion)
    _ = try db.pipeline(Self.opening(statement.settings, of: source))
    do {
      // With open parameters only as a script: a statement would want their values.
      let explain = statement.explained(options)
      let result = try isGeneric ? db.executeScript(explain.text) : db.query(explain)
      return try ExplainedStatement.read(result.scalar())
    } catch let error as PostgresError {
      throw Self.judged(error, prefix: "EXPLAIN (\(options))\n", in: source)
    }
  }

  /// The pages that this session has read and not yet reported, of tables with vectors.
  private static let blocks = SQLStatement(
    """
    SELECT coalesce(sum(pg_stat_get_xact_blocks_fetched(c.oid)), 0)::bigint AS heap,
           coalesce(sum(pg_stat_get_xact_blocks_fetched(c.reltoastrelid) + (
             SELECT coalesce(sum(pg_stat_get_xact_blocks_fetched(i.indexrelid)), 0)
             FROM pg_catalog.pg_index AS i WHERE i.indrelid = c.reltoastrelid
           )), 0)::bigint AS toast,
           coalesce(sum((
             SELECT sum(pg_stat_get_xact_blocks_fetched(i.indexrelid))
             FROM pg_catalog.pg_index AS i WHERE i.indrelid = c.oid
           )), 0)::bigint AS indexes
    FROM pg_catalog.pg_class AS c
    WHERE c.relkind IN ('r', 'm') AND EXISTS (
      SELECT
      FROM pg_catalog.pg_attribute AS a
      JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
      WHERE a.attrelid = c.oid AND NOT a.attisdropped AND t.typname IN ('vector', 'halfvec')
    )
    """
  )

  /// Settings as the server has them: pgvector's, which EXPLAIN never lists, and those of the statement.
  private static func settings(_ statement: SQLStatement) -> SQLStatement {
    let names = statement.settings.map(\.name)
    return SQLStatement(
      """
      SELECT name, current_setting(name) AS setting
      FROM pg_catalog.pg_settings
      WHERE name = ANY (\(names)) OR name LIKE 'hnsw.%' OR name LIKE 'ivfflat.%'
        OR source NOT IN ('default', 'override', 'client') AND name LIKE ANY (\(Self.planning))
      ORDER BY split_part(name, '.', 2) = '', name
      """
    )
  }

  /// What decides plans.
  private static let planning = [
    "enable\\_%", "%\\_cost", "%\\_page\\_cost", "work\\_mem", "plan\\_cache\\_mode",
    "max\\_parallel%gather",
    "effective\\_cache\\_size",
  ]

  /// Compares the rows with those of the exact answer, in this transaction's snapshot.
  private func recall(
    of plan: PlanNode,
    on db: inout PQConnection
  ) throws -> Explanation.Recall {
    guard !plan.isAggregated else {
      throw ActionError(
        .usage,
        "--recall compares rows, and this statement returns sums of them",
        advice: "explain the search within it"
      )
    }
    let rows = try db.query(statement)
    let other: [SQLStatement]
    if let exact {
      let back = statement.settings.map {
        SQLStatement("RESET \(unsafeRaw: $0.name)" as SQLFragment)
      }
      other = back + exact.settings.map { SQLStatement($0) } + [exact]
    } else {
      other = [SQLStatement(SQLSetting("enable_indexscan", "off")), statement]
    }
    let results = try db.pipeline(other)
    guard let all = results.last else { return Explanation.Recall(found: 0, exact: 0) }
    var left: [[UInt8]: Int] = [:]
    for row in 0..<rows.count { left[rows.key(ofRow: row), default: 0] += 1 }
    var found = 0
    for row in 0..<all.count {
      let key = all.key(ofRow: row)
      if let count = left[key], count > 0 {
        left[key] = count - 1
        found += 1
      }
    }
    return Explanation.Recall(found: found, exact: all.count)
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
