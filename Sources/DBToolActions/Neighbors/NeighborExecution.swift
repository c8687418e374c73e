import PGCatalog
public import PQClient
import PlanVerdict
public import VectorSQL

/// How a nearest-neighbour statement was run: what served it, under which settings, how long.
public struct NeighborExecution: Sendable {
  /// The statement.
  public let statement: SQLStatement
  /// The approximate index that served it, nil where every row was compared.
  public let index: String?
  /// Why that index, or why none; nil where nobody asked.
  public let indexReason: String?
  /// The settings as the server had them while it ran, by name.
  public let settings: [SQLSetting]
  /// The round trip of the whole transaction, in milliseconds.
  public let milliseconds: Double

  /// Whether the answer is exact by construction.
  public var isExact: Bool { index == nil }

  /// Runs a statement in a read-only transaction: BEGIN, its settings, EXPLAIN of the same text, the
  /// statement, the settings read back, COMMIT; all in one round trip.
  ///
  /// The settings are read after the statement, since pgvector's are unknown to a session until its
  /// library is loaded.
  ///
  /// - Parameters:
  ///   - statement: The statement with its settings.
  ///   - searched: The column that it searches.
  ///   - metric: The metric that it orders by.
  ///   - explaining: Whether the catalogue is asked for the reason where no index served.
  ///   - db: The connection.
  /// - Returns: The statement's rows and how it ran.
  /// - Throws: `PostgresError` from the server.
  public static func run(
    _ statement: SQLStatement,
    searching searched: EmbeddingColumn,
    by metric: DistanceMetric,
    explaining: Bool,
    on db: inout PQConnection
  ) throws -> (rows: PQResult, execution: NeighborExecution) {
    let opening = [SQLStatement("BEGIN READ ONLY")] + statement.settings.map { SQLStatement($0) }
    let names = statement.settings.map(\.name)
    let readBack = SQLStatement(
      "SELECT name, current_setting(name) AS setting FROM unnest(\(names)) AS name ORDER BY name"
    )
    let batch =
      opening + [statement.explained("FORMAT JSON"), statement, readBack, SQLStatement("COMMIT")]
    let clock = ContinuousClock()
    let start = clock.now
    let results = try db.pipeline(batch)
    let elapsed = start.duration(to: clock.now)
    let plan = try ExplainedStatement.read(results[opening.count].scalar())
    let inForce = try results[opening.count + 2].map { row in
      SQLSetting(try row["name"], try row["setting"])
    }
    let index = plan.orderedIndex
    let execution = NeighborExecution(
      statement: statement,
      index: index,
      indexReason: try explaining ? reason(index, statement, searched, metric, on: &db) : nil,
      settings: inForce,
      milliseconds: Double(elapsed.components.attoseconds) / 1e15
        + Double(elapsed.components.seconds) * 1000
    )
    return (results[opening.count + 1], execution)
  }

  /// Only where no index served does it cost a second round trip.
  private static func reason(
    _ index: String?,
    _ statement: SQLStatement,
    _ searched: EmbeddingColumn,
    _ metric: DistanceMetric,
    on db: inout PQConnection
  ) throws -> String {
    if let index { return "the plan reads it in the order of the distance: \(index)" }
    if statement.settings.contains(SQLSetting("enable_indexscan", "off")) {
      return "exact search was asked for: every row was compared"
    }
    let parts = searched.table.identifier.parts
    let columns = try VectorColumn.read(
      tables: [searched.table.identifier.sql],
      on: &db
    )
    let schema = columns.first?.schema ?? "public"
    let indexes = try TableIndex.approximate(
      schema: schema,
      table: parts.last ?? "",
      column: searched.vector.name,
      on: &db
    )
    guard !indexes.isEmpty else {
      return "no approximate index on \(searched.vector.sqlName): every row was compared"
    }
    let invalid = indexes.filter { !$0.isValid }.map(\.name)
    guard invalid.isEmpty else {
      return "index \(invalid.joined(separator: ", ")) is not valid: every row was compared"
    }
    let storage = columns.first { $0.name == searched.vector.name }?.storage ?? .vector
    let fitting = indexes.filter { index in
      guard index.expression == nil else { return index.metric == metric || index.metric == nil }
      return index.operatorClass == metric.operatorClass(for: storage)
    }
    guard !fitting.isEmpty else {
      return "index \(indexes.map(\.name).joined(separator: ", ")) serves another metric than "
        + "\(metric.rawValue): every row was compared"
    }
    let names = fitting.map(\.name).joined(separator: ", ")
    let (cost, other) = try costs(of: statement, searched, on: &db)
    guard let other else {
      return
        "no plan of this statement reads \(names): every row was compared, at a cost of \(cost)"
    }
    return
      "the planner found comparing every row cheaper (cost \(cost)) than \(names) (cost \(other))"
  }

  /// What the planner expects of the statement as it ran, and of a plan that reads an index in the order of
  /// the distance; nil where there is none even with every other way made expensive.
  private static func costs(
    of statement: SQLStatement,
    _ searched: EmbeddingColumn,
    on db: inout PQConnection
  ) throws -> (cost: Int, other: Int?) {
    let explain = statement.explained("FORMAT JSON")
    let opening = [SQLStatement("BEGIN READ ONLY")] + statement.settings.map { SQLStatement($0) }
    let off = ["enable_seqscan", "enable_bitmapscan", "enable_sort"].map {
      SQLStatement(SQLSetting($0, "off"))
    }
    let results = try db.pipeline(opening + [explain] + off + [explain, SQLStatement("COMMIT")])
    let plan = try ExplainedStatement.read(results[opening.count].scalar())
    let other = try ExplainedStatement.read(results[opening.count + 1 + off.count].scalar())
    let isServed = other.orderedIndex != nil
    return (Int(plan.cost), isServed ? Int(other.cost) : nil)
  }
}

extension Column {
  /// The qualified name as plain text, for messages.
  var sqlName: String { table.identifier.appending(name).sql }
}
