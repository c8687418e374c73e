import PGCatalog
package import PQClient
package import VectorSQL

/// One search under each kind of index, measured.
///
/// It runs on a copy of the table that holds the vectors, made in a transaction that is rolled back: nobody else sees
/// it, the indexes of the table itself stay as they are, and whenever it is stopped nothing is left.
package struct CompareIndexes: Sendable {
  /// What happens meanwhile.
  package enum Event: Sendable {
    /// The table is copied, or an index built; that may take long.
    case working(String)
    /// So many statements of so many have run.
    case measuring(String, done: Int, of: Int)
  }

  /// One kind of index.
  package struct Row: Sendable {
    /// The variant.
    package let variant: IndexVariant
    /// Why there is no such index, nil where there is one.
    package let refusal: String?
    /// Whether the planner took it.
    package let isUsed: Bool
    /// Why the search looks past it, where dbtool decided so.
    package let note: String?
    /// What the search told it.
    package let settings: [SQLSetting]
    /// The answers; nil where there is no such index.
    package let measurement: RecallMeasurement?
    /// The bytes on disk.
    package let size: Int
    /// The seconds that it took to build.
    package let buildSeconds: Double
  }

  /// The table of all kinds.
  package struct Comparison: Sendable {
    /// What was searched.
    package let target: SearchTarget
    /// The distance.
    package let metric: DistanceMetric
    /// How many rows were asked for.
    package let limit: Int
    /// The keys of the rows that were the probes.
    package let probes: [String]
    /// Exact first.
    package let rows: [Row]
  }

  private let query: NeighborQuery
  private let probes: Int
  private let seed: Int
  private let events: @Sendable (Event) -> Void

  /// A comparison.
  ///
  /// - Parameters:
  ///   - query: The search; its probe gives way to rows of the table.
  ///   - probes: How many rows.
  ///   - seed: Which rows.
  ///   - events: Told what happens.
  /// - Throws: ``ActionError`` for a search that is no plain one.
  package init(
    _ query: NeighborQuery,
    probes: Int,
    seed: Int,
    events: @escaping @Sendable (Event) -> Void
  ) throws(ActionError) {
    guard !query.isHybrid, !query.options.exact else {
      throw ActionError(
        .usage,
        query.isHybrid
          ? "--hybrid searches words as well, which no index on vectors serves"
          : "--exact uses no index: there is nothing to compare",
        advice: "compare the indexes for the search without it"
      )
    }
    self.query = query
    self.probes = probes
    self.seed = seed
    self.events = events
  }

  /// Compares.
  ///
  /// - Parameter db: A connection outside of a transaction, of a role that may create tables beside the one that is
  ///   searched.
  /// - Returns: A row for each kind.
  /// - Throws: ``ActionError``; `PostgresError` from the server.
  package func run(on db: inout PQConnection) throws -> Comparison {
    try db.execute("BEGIN")
    defer { _ = try? db.execute("ROLLBACK") }
    let holder = query.target.column.table.identifier
    let columns = try VectorColumn.read(tables: [holder.sql], on: &db)
    guard let column = columns.first(where: { $0.name == query.target.column.vector.name }) else {
      throw ActionError(.notFound, "there is no \(query.target.column.vector.sqlName) any more")
    }
    let copy = SQLIdentifier(schema: column.schema, "dbtool_compare_\(db.backendPID)")
    events(.working("copying \(column.holder.shown)"))
    try makeCopy(copy, of: column, on: &db)
    let target = try searched(copy, on: &db)
    let keys = try HeldOutProbes.draw(probes, from: target, seed: seed, on: &db)
    var done = 0
    let held = try HeldOutProbes(
      keys,
      for: try prepared(target, on: &db).search,
      from: target.column,
      step: {
        done += 1
        events(.measuring("exact", done: done, of: keys.count))
      },
      on: &db
    )
    var rows = [
      Row(
        variant: .exact,
        refusal: nil,
        isUsed: false,
        note: nil,
        settings: [],
        measurement: held.exact,
        size: 0,
        buildSeconds: 0
      )
    ]
    for variant in IndexVariant.allCases where variant != .exact {
      rows.append(try row(variant, column, copy, held, on: &db))
    }
    return Comparison(
      target: query.target,
      metric: query.search.metric,
      limit: query.search.limit,
      probes: held.keys.map(\.text),
      rows: rows
    )
  }

  /// Everything but the approximate indexes: a btree on a filter's column serves there, too.
  private func makeCopy(
    _ copy: SQLIdentifier,
    of column: VectorColumn,
    on db: inout PQConnection
  ) throws {
    try db.execute(
      """
      CREATE UNLOGGED TABLE \(copy) (
        LIKE \(column.holder) INCLUDING STORAGE INCLUDING COMPRESSION INCLUDING INDEXES
      )
      """
    )
    for index in try TableIndex.approximate(on: copy, on: &db) {
      try db.execute("DROP INDEX \(index.identifier)")
    }
    try db.execute("INSERT INTO \(copy) SELECT * FROM \(column.holder)")
    try db.execute("ANALYZE \(copy)")
  }

  private func searched(_ copy: SQLIdentifier, on db: inout PQConnection) throws -> SearchTarget {
    let table = try NamedTable.find(copy.sql, on: &db)
    let columns = try VectorColumn.read(tables: [copy.sql], on: &db)
    let name = query.target.column.vector.name
    return query.target.copied(
      to: table,
      indexes: columns.first { $0.name == name }?.indexes ?? []
    )
  }

  /// The search as a command would run it there.
  private func prepared(
    _ target: SearchTarget,
    on db: inout PQConnection
  ) throws -> NeighborQuery {
    try NeighborQuery.prepare(
      target,
      near: .row(SQLBind(0), of: target.column),
      query.options,
      excluding: query.search.seen,
      on: &db
    )
  }

  private func row(
    _ variant: IndexVariant,
    _ column: VectorColumn,
    _ copy: SQLIdentifier,
    _ held: HeldOutProbes,
    on db: inout PQConnection
  ) throws -> Row {
    let metric = query.search.metric
    let kind = IndexKind(variant, by: metric)
    let indexed = IndexedColumn(column: column, kind: .table, embedding: query.target.embedding)
    let lists = IndexFootprint.lists(forRows: query.target.vectors)
    let index = SQLIdentifier(schema: column.schema, "dbtool_compare_index_\(db.backendPID)")
    let refusal =
      indexed.refusal(of: kind) ?? indexed.refusal(of: kind, vectors: query.target.vectors)
    guard refusal == nil, kind.metric == metric,
      let create = kind.definition(
        index: index.parts[1],
        column: column,
        in: copy,
        lists: lists
      )
    else {
      return Row(
        variant: variant,
        refusal: refusal?.message
          ?? "signs tell the angle between vectors, and not \(metric.rawValue)",
        isUsed: false,
        note: nil,
        settings: [],
        measurement: nil,
        size: 0,
        buildSeconds: 0
      )
    }
    events(.working("building \(variant.rawValue)"))
    try setMemory(kind, column, lists: lists, on: &db)
    // Nobody else writes to the copy, and a transaction cannot build concurrently.
    let plain = create.replacing("INDEX CONCURRENTLY", with: "INDEX", maxReplacements: 1)
    let building = try ContinuousClock().measure { try db.executeScript(plain) }
    let size: Int = try db.query("SELECT pg_relation_size(\(index.sql)::regclass)").scalar()
    let way = try prepared(searched(copy, on: &db), on: &db)
    var done = 0
    let step = {
      done += 1
      events(.measuring(variant.rawValue, done: done, of: held.keys.count))
    }
    let measurement = try held.measure([way.search], step: step, on: &db)[0]
    try db.execute("DROP INDEX \(index)")
    return Row(
      variant: variant,
      refusal: nil,
      isUsed: measurement.index != nil,
      note: way.note,
      settings: way.search.settings,
      measurement: measurement,
      size: size,
      buildSeconds: building / .seconds(1)
    )
  }

  /// As much as a build of `dbtool index use` takes.
  private func setMemory(
    _ kind: IndexKind,
    _ column: VectorColumn,
    lists: Int,
    on db: inout PQConnection
  ) throws {
    let needed = IndexFootprint(
      kind.variant,
      rows: query.target.vectors,
      dimension: column.dimension ?? 0,
      storage: column.storage,
      lists: lists
    ).memory
    let present = try ServerState.read(on: &db).maintenanceMemory
    let enough = min(IndexBuilder.mostMemory, needed + needed / 10)
    guard enough > present else { return }
    try db.executeScript("SET LOCAL maintenance_work_mem = '\(enough / 1024)kB'")
  }
}
