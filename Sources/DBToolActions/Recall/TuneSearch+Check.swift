import PGCatalog
package import PQClient
package import VectorSQL

extension TuneSearch {
  /// Whether what the registry has still reaches its recall.
  package struct Check: Sendable {
    /// What was searched.
    package let target: SearchTarget
    /// The distance.
    package let metric: DistanceMetric
    /// The index that serves it; nil where the planner compares every row.
    package let index: String?
    /// What the registry has.
    package let tuning: SearchTuning
    /// What it reaches now.
    package let measurement: RecallMeasurement

    /// Whether the recall that was asked for may still be that of all rows: it lies within the 95 % interval, or
    /// below.
    package var isReached: Bool { measurement.recall.high >= tuning.targetRecall }
  }

  /// Measures what the registry has with rows that are drawn anew: of the column that is named, or of every one.
  ///
  /// - Parameter db: A connection outside of a transaction.
  /// - Returns: The settings and what they reach.
  /// - Throws: ``ActionError`` where the registry has none for the index that there is; `PostgresError` from the server.
  package func check(on db: inout PQConnection) throws -> [Check] {
    guard options.table == nil, options.encoder == nil else {
      return try check(options, on: &db) { throw $0 }
    }
    let kept = try EmbeddingCandidate.findAll(on: &db).filter { !$0.tunings.isEmpty }
    let checks = try kept.flatMap { candidate in
      var options = options
      options.table = candidate.rows.sql
      options.encoder = candidate.encoder
      // Of an index that has given way to another nothing is taken.
      return try check(options, on: &db) { _ in }
    }
    guard !checks.isEmpty else {
      throw ActionError(
        .configuration,
        "the registry keeps no settings of an index: there is nothing to check",
        advice: "measure one and keep what comes out: dbtool tune --apply --help"
      )
    }
    return checks
  }

  private func check(
    _ options: NeighborOptions,
    on db: inout PQConnection,
    nothingKept: (ActionError) throws -> Void
  ) throws -> [Check] {
    let target = try SearchTarget.find(options, on: &db)
    let access = { IndexAccess(target.indexes, of: target.column, by: $0) }
    let tuning = { target.tuning(of: IndexKind(access($0).variant, by: $0)) }
    let metrics =
      options.metric.map { [$0] } ?? DistanceMetric.allCases.filter { tuning($0) != nil }
    let checks = try metrics.compactMap { metric in
      var options = options
      options.metric = metric
      return try tuning(metric).map { try check($0, options, on: &db) }
    }
    if checks.isEmpty {
      let variant = access(options.metric ?? target.metric).variant.rawValue
      try nothingKept(
        ActionError(
          .configuration,
          "nothing is kept of the \(variant) index on \(target.column.vector.sqlName)",
          advice:
            "measure it and keep what comes out: dbtool tune --apply \(Self.place(target, options.metric))"
        )
      )
    }
    return checks
  }

  private func check(
    _ tuning: SearchTuning,
    _ options: NeighborOptions,
    on db: inout PQConnection
  ) throws -> Check {
    let subject = try Subject(options, neighbors: tuning.neighbors, on: &db)
    return try inSnapshot(of: subject, on: &db) { db throws in
      var done = 0
      let step = {
        done += 1
        events(
          .measuring(subject.target.rows.shownName, done: done, of: 2 * request.probes)
        )
      }
      let keys = try HeldOutProbes.draw(
        request.probes,
        from: subject.target,
        seed: request.seed,
        on: &db
      )
      let held = try subject.holdingOut(keys, events: events, on: &db)
      let probes = try subject.probes(held[...], step: step, on: &db)
      let kept = tuning.setting.applied(to: subject.search)
      return Check(
        target: subject.target,
        metric: subject.search.metric,
        index: try keys.first?.index(serving: kept, on: &db),
        tuning: tuning,
        measurement: try probes.measure([kept], step: step, on: &db)[0]
      )
    }
  }
}
