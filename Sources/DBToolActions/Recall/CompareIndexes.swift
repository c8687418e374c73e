import PGCatalog
package import PQClient
package import VectorSQL

/// One search under each kind of index, measured on a ``TableCopy``.
package struct CompareIndexes: Sendable {
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
  private let events: @Sendable (RecallEvent) -> Void

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
    events: @escaping @Sendable (RecallEvent) -> Void
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
    let keys = try HeldOutProbes.draw(probes, from: query.target, seed: seed, on: &db)
    events(.copying(query.target.column.table.identifier.shown))
    let copy = try TableCopy.make(of: query.target, without: keys, on: &db)
    var done = 0
    let held = try HeldOutProbes(
      keys,
      for: try prepared(copy.target(query.target, on: &db), on: &db).search,
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
      rows.append(try row(variant, copy, held, on: &db))
    }
    return Comparison(
      target: query.target,
      metric: query.search.metric,
      limit: query.search.limit,
      probes: held.keys.map(\.text),
      rows: rows
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
    _ copy: TableCopy,
    _ held: HeldOutProbes,
    on db: inout PQConnection
  ) throws -> Row {
    let (metric, vectors) = (query.search.metric, query.target.vectors)
    let kind = IndexKind(variant, by: metric)
    let indexed = IndexedColumn(
      column: copy.column,
      kind: .table,
      embedding: query.target.embedding
    )
    let index = SQLIdentifier(schema: copy.column.schema, "dbtool_copy_index_\(db.backendPID)")
    let refusal = indexed.refusal(of: kind) ?? indexed.refusal(of: kind, vectors: vectors)
    guard refusal == nil, kind.metric == metric,
      let definition = kind.definition(
        index: index.parts[1],
        column: copy.column,
        in: copy.identifier,
        lists: IndexFootprint.lists(forRows: vectors)
      )
    else {
      let reason = "signs tell the angle between vectors, and not \(metric.rawValue)"
      return Row(
        variant: variant,
        refusal: refusal?.message ?? reason,
        isUsed: false,
        note: nil,
        settings: [],
        measurement: nil,
        size: 0,
        buildSeconds: 0
      )
    }
    events(.building(variant.rawValue))
    let building = try ContinuousClock().measure {
      try copy.build(definition, variant, vectors: vectors, events: events, on: &db)
    }
    let size: Int = try db.query("SELECT pg_relation_size(\(index.sql)::regclass)").scalar()
    let way = try prepared(copy.target(query.target, on: &db), on: &db)
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
      note: way.note
        ?? (measurement.index == nil ? "the planner finds comparing every row cheaper" : nil),
      settings: way.search.settings,
      measurement: measurement,
      size: size,
      buildSeconds: building / .seconds(1)
    )
  }
}
