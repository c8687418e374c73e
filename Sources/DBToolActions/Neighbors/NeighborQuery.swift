import PGCatalog
import PQClient
public import VectorSQL

/// What every nearest-neighbour command can be asked for.
public struct NeighborOptions: Sendable {
  /// The table, nil for the best one.
  public var table: String?
  /// The encoder or vector column, nil for the best one.
  public var encoder: String?
  /// The column that tells rows apart, nil for the primary key.
  public var key: String?
  /// The metric, nil for the encoder's own.
  public var metric: DistanceMetric?
  /// The number of rows.
  public var limit = 5
  /// Whether every row is to be compared.
  public var exact = false
  /// What has to hold of a row.
  public var conditions: [RowCondition] = []
  /// The largest distance that counts as near.
  public var within: Double?
  /// How much the rows have to differ from each other, 0 to 1.
  public var diversity: Double?
  /// What the project says about its tables.
  public var tables = ProjectTables()

  /// The usual ones.
  public init() {}

  /// The column that tells a table's rows apart, and the one that a person knows them by, nil where they have
  /// no text.
  ///
  /// - Parameters:
  ///   - rows: The table.
  ///   - named: The key's name where it is known; nil for the primary key.
  /// - Returns: The key and the label.
  /// - Throws: ``ActionError`` where there is no such column, or no key of one column.
  func names(
    of rows: TableDescription,
    key named: String?
  ) throws(ActionError) -> (key: ColumnDescription, label: Column?) {
    let name = try NamedTable.key(of: rows, named: named)
    guard let key = rows.column(name) else {
      throw ActionError(.notFound, "table \(rows.shownName) has no column \"\(name)\"")
    }
    let label = try tables.label(of: rows) ?? rows.labelColumn(key: name)
    return (key, label.map(rows.table.column))
  }
}

/// A nearest-neighbour search of a table, rendered and ready to run.
public struct NeighborQuery: Sendable {
  /// What is searched.
  public let target: SearchTarget
  /// The search.
  public private(set) var search: NearestNeighbors
  /// What was decided about it, for a person who reads the SQL.
  public let note: String?
  /// What was asked for.
  let options: NeighborOptions
  private let extra: Column?
  private var hybrid: HybridSearch?

  /// Whether words were searched for as well.
  var isHybrid: Bool { hybrid != nil }

  /// The statement.
  public var statement: SQLStatement { hybrid?.statement ?? search.statement }

  /// The same question with every row compared; nil where words were searched for as well.
  var exactStatement: SQLStatement? {
    hybrid == nil ? search.mode(.exact).firstStage(nil).statement : nil
  }

  /// So few are compared as fast as an index is walked, and none is missed.
  private static let fewVectors = 2000

  /// Whether rows are so many that an index pays.
  static func isIndexPreferred(for limit: Int, of vectors: Int) -> Bool {
    vectors >= max(fewVectors, 10 * limit)
  }

  /// Renders a search.
  ///
  /// - Parameters:
  ///   - target: The table.
  ///   - probe: What its rows are near to.
  ///   - options: What else is asked.
  ///   - seen: Whose items are left out.
  ///   - reasons: What is told about each row.
  ///   - extra: A column to show besides the label.
  ///   - db: The connection.
  /// - Returns: The search.
  /// - Throws: ``ActionError`` where the probe's vectors mean something else, or a condition names no
  ///   column; `PostgresError` from the server.
  static func prepare(
    _ target: SearchTarget,
    near probe: Probe,
    _ options: NeighborOptions,
    excluding seen: NearestNeighbors.Seen? = nil,
    because reasons: NearestNeighbors.Reasons? = nil,
    showing extra: Column? = nil,
    on db: inout PQConnection
  ) throws -> NeighborQuery {
    var search: NearestNeighbors
    do {
      search = try NearestNeighbors(
        target.column,
        to: probe,
        by: options.metric ?? target.metric,
        limit: options.limit
      )
    } catch {
      throw ActionError(
        .usage,
        error.description,
        advice: "take vectors of one encoder: dbtool encoder list"
      )
    }
    search = search.selecting([target.label, extra].compactMap(\.self))
    if let filter = try RowCondition.all(options.conditions, on: target.rows) {
      search = search.where(filter)
    }
    if db.serverVersion < 170_000 { search = search.breakingTiesAfterLimit() }
    if let seen { search = search.excluding(seen) }
    if let distance = options.within { search = search.within(distance) }
    if let strength = options.diversity {
      let candidates = min(1000, max(50, 5 * options.limit))
      search = search.diverse(.init(strength: strength, candidates: candidates))
    }
    if let reasons { search = search.because(reasons) }
    var note: String?
    if options.exact {
      search = search.mode(.exact)
    } else {
      let access = IndexAccess(target.indexes, of: target.column, by: search.metric)
      search = access.applied(
        to: search,
        isPreferred: isIndexPreferred(for: options.limit, of: target.vectors),
        tuning: target.tuning(of: IndexKind(access.variant, by: search.metric))
      )
      if let filter = search.filter {
        let matching = try target.explainingErrors {
          try FilterEstimate.rows(filter, of: target, on: &db)
        }
        if matching.isFewerThanAnIndexVisits(of: target.vectors, for: options.limit) {
          search = search.mode(.exact).firstStage(nil)
          note =
            "the filter leaves about \(matching.rows) of \(target.vectors) rows: fewer than an index would "
            + "visit, so all of them are compared"
        }
      }
    }
    return NeighborQuery(
      target: target,
      search: search,
      note: note,
      options: options,
      extra: extra
    )
  }

  /// The same search, merged with one for words in the rows' texts.
  ///
  /// - Throws: ``ActionError`` where the rows have no text.
  func merged(withWordsOf text: String) throws(ActionError) -> NeighborQuery {
    let columns = target.rows.columns.filter { $0.isText && $0.name != target.key.name }
    guard !columns.isEmpty else {
      throw ActionError(
        .usage,
        "rows of \(target.rows.shownName) have no text to look for words in"
      )
    }
    var merged = self
    // The ranks are of the vectors themselves.
    if search.firstStage != nil { merged.search = search.mode(.exact).firstStage(nil) }
    let texts = columns.map { target.rows.table.column($0.name) }
    merged.hybrid = HybridSearch(merged.search, text: text, in: texts)
    return merged
  }

  /// Runs the statement.
  ///
  /// - Parameters:
  ///   - explaining: Whether the answer is to say why no index served, which takes two more queries.
  ///   - noProbe: What it means where the probe is NULL; asked only then.
  ///   - db: The connection.
  /// - Returns: The rows, with what is needed to judge them.
  /// - Throws: `PostgresError` from the server, and what `noProbe` throws.
  func run(
    explaining: Bool,
    noProbe: (inout PQConnection) throws -> String?,
    on db: inout PQConnection
  ) throws -> NeighborAnswer {
    let (result, execution) = try target.explainingErrors {
      try NeighborExecution.run(
        statement,
        searching: target.column,
        by: search.metric,
        explaining: explaining,
        on: &db
      )
    }
    var rows: [NeighborAnswer.Row] = []
    let place = 1 + (target.label == nil ? 0 : 1) + (extra == nil ? 0 : 1)
    for row in result {
      let id: RowKey = try row[0]
      let label: String? = target.label == nil ? nil : try row[1]
      let because: PGJSON? = search.reasons == nil ? nil : try row[place + 1]
      let distance: Double = try row[place]
      // The distance to a vector of length zero is no number, and comes last.
      if distance.isNaN { continue }
      rows.append(
        NeighborAnswer.Row(
          id: id,
          title: label ?? id.description,
          text: extra == nil ? nil : try row[place - 1],
          distance: distance,
          score: hybrid == nil ? nil : try row[place + 1],
          because: try because.map(NeighborAnswer.Reason.list) ?? []
        )
      )
    }
    var why: String?
    if rows.count < search.limit {
      why = try rows.isEmpty ? noProbe(&db) : nil
      why = try why ?? Shortage(self, found: rows.count, execution).reason(on: &db)
    }
    return NeighborAnswer(
      table: target.rows.shownName,
      encoder: target.column.encoder,
      metric: search.metric,
      requested: search.limit,
      rows: rows,
      why: why,
      coverage: target.coverage,
      isRegistered: target.encoder != nil,
      execution: execution
    )
  }
}
