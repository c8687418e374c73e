package import PQClient
package import VectorSQL

/// Finds the cheapest settings of a column's index that reach a recall.
///
/// Recall and time rise with the settings, so a binary search among some probes finds where the recall is reached,
/// and other probes say what it really is: the recall that is promised is that of rows which had no part in the choice.
package struct TuneSearch: Sendable {
  /// What is asked for.
  package struct Request: Sendable {
    /// The recall, above 0 and below 1.
    package var targetRecall = 0.95
    /// How many neighbours are looked for.
    package var neighbors = 10
    /// How many rows measure what the chosen settings reach; a fifth as many find them.
    package var probes = 1000
    /// Which rows are drawn: the same ones for the same number.
    package var seed = 0

    /// The usual one.
    package init() {}
  }

  /// A setting that was measured.
  package struct Point: Sendable {
    /// How far the index was searched.
    package let effort: SearchEffort
    /// How many candidates of a coarse copy were ranked again, nil where the vectors are indexed.
    package let candidates: Int?
    /// What came of it.
    package let measurement: RecallMeasurement
  }

  /// What was found out.
  package struct Outcome: Sendable {
    /// What was searched.
    package let target: SearchTarget
    /// The distance.
    package let metric: DistanceMetric
    /// The kind of index.
    package let variant: IndexVariant
    /// The index.
    package let index: String
    /// The cheapest setting that reaches the recall on rows that had no part in the choice; where none does, the one
    /// that finds most.
    package let best: Point
    /// The settings that it takes, as the server is told.
    package let settings: [SQLSetting]
    /// Whether it does.
    package let isReached: Bool
    /// The settings that searches have now, and what these reach with the same rows.
    package let present: (settings: [SQLSetting], measurement: RecallMeasurement)
    /// What comparing every row takes.
    package let exact: RecallMeasurement
    /// All settings on the way, the cheapest first.
    package let curve: [Point]
    /// How many statements asked the index.
    package let queries: Int
    /// How many would have, had every setting been tried with every probe.
    package let gridQueries: Int
    let tuning: SearchTuning
  }

  /// Whether what the registry has still reaches its recall.
  package struct Check: Sendable {
    /// What was searched.
    package let target: SearchTarget
    /// What the registry has.
    package let tuning: SearchTuning
    /// What it reaches now.
    package let measurement: RecallMeasurement

    /// Whether the recall that was asked for may still be that of all rows: it lies within the 95 % interval, or
    /// below.
    package var isReached: Bool { measurement.recall.high >= tuning.targetRecall }
  }

  private let request: Request
  private let options: NeighborOptions
  private let progress: @Sendable (_ done: Int, _ of: Int) -> Void

  /// A search for settings.
  ///
  /// - Parameters:
  ///   - request: What is asked for.
  ///   - options: The table, the encoder, the metric.
  ///   - progress: Told how many statements have run, of about how many.
  package init(
    _ request: Request,
    options: NeighborOptions,
    progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) {
    self.request = request
    self.options = options
    self.progress = progress
  }

  // MARK: Finding

  /// Finds the settings, in one snapshot of the database.
  ///
  /// - Parameter db: A connection outside of a transaction.
  /// - Returns: The settings and what was measured on the way.
  /// - Throws: ``ActionError`` where there is no index to tune, or none that serves; `PostgresError` from the server.
  package func run(on db: inout PQConnection) throws -> Outcome {
    let subject = try Subject(options, neighbors: request.neighbors, on: &db)
    return try Self.inSnapshot(on: &db) { db throws in try find(subject, on: &db) }
  }

  private func find(_ subject: Subject, on db: inout PQConnection) throws -> Outcome {
    var ladder = subject.ladder
    let training = max(30, request.probes / 5)
    let expected = training + request.probes + 8 * training + 4 * request.probes
    var done = 0
    let step = {
      done += 1
      progress(done, max(done, expected))
    }
    let keys = try HeldOutProbes.draw(
      training + request.probes,
      from: subject.target,
      seed: request.seed,
      on: &db
    )
    let make = { (keys: ArraySlice<HeldOutProbes.Key>, db: inout PQConnection) in
      try HeldOutProbes(
        Array(keys),
        for: subject.search,
        from: subject.target.column,
        step: step,
        on: &db
      )
    }
    let finding = try make(keys.prefix(training), &db)
    let judging = try make(keys.dropFirst(training), &db)
    // The dearer an index is to search, the sooner the planner finds comparing every row cheaper.
    var serving: String?
    while serving == nil, let top = ladder.rungs.last {
      serving = try finding.index(serving: ladder.search(top, subject.search), on: &db)
      if serving == nil { ladder = ladder.shortened }
    }
    guard let index = serving else { throw subject.unused }
    var found = Measured(finding, ladder, subject.search, step)
    var place = try found.firstReaching(request.targetRecall, of: ladder.rungs, on: &db)
    var rungs = ladder.rungs
    if ladder.copy != nil {
      rungs = ladder.trimmed(rungs[place], neighbors: request.neighbors)
      place = try found.firstReaching(request.targetRecall, of: rungs, on: &db)
    }
    // What the other rows say counts: up where they find less, down where they find enough with less.
    var judged = Measured(judging, ladder, subject.search, step)
    if ladder.copy != nil, try judged.recall(rungs[place], on: &db) < request.targetRecall,
      try judged.recall(rungs[rungs.count - 1], on: &db) < request.targetRecall
    {
      rungs = ladder.rungs
      place = rungs.firstIndex { $0.value >= rungs[rungs.count - 1].value } ?? rungs.count - 1
    }
    while try judged.recall(rungs[place], on: &db) < request.targetRecall, place + 1 < rungs.count {
      place += 1
    }
    while place > 0, try judged.recall(rungs[place - 1], on: &db) >= request.targetRecall {
      place -= 1
    }
    let rung = rungs[place]
    let best = try judged.point(rung, on: &db)
    let present = subject.present
    let now = try judging.measure([present], step: step, on: &db)[0]
    let tuning = SearchTuning(
      variant: subject.registeredName,
      effort: rung.effort,
      candidates: rung.candidates,
      copy: ladder.copy,
      neighbors: request.neighbors,
      targetRecall: request.targetRecall,
      recall: best.measurement.recall.mean
    )
    return Outcome(
      target: subject.target,
      metric: subject.search.metric,
      variant: subject.access.variant,
      index: index,
      best: best,
      settings: ladder.search(rung, subject.search).settings,
      isReached: best.measurement.recall.mean >= request.targetRecall,
      present: (present.settings, now),
      exact: judging.exact,
      curve: judged.points(besides: found),
      queries: found.queries + judged.queries + judging.keys.count,
      gridQueries: ladder.gridSize * keys.count,
      tuning: tuning
    )
  }

  /// Keeps the settings in the registry, where searches find them.
  ///
  /// - Throws: ``ActionError`` where the column is not in the registry; `PostgresError` from the server.
  package static func apply(_ outcome: Outcome, on db: inout PQConnection) throws {
    try outcome.tuning.store(for: registered(outcome.target), on: &db)
  }

  private static func registered(_ target: SearchTarget) throws(ActionError) -> RegisteredEmbedding
  {
    if let embedding = target.embedding { return embedding }
    throw ActionError(
      .configuration,
      "\(target.column.vector.sqlName) is not in the registry, which keeps the settings",
      advice: "register it: dbtool encoder adopt --help"
    )
  }

  /// Finds out, before anything is measured, whether the settings could be kept.
  ///
  /// - Throws: ``ActionError`` where the column is not in the registry; `PostgresError` from the server.
  package func checkRegistry(on db: inout PQConnection) throws {
    _ = try Self.registered(SearchTarget.find(options, on: &db))
  }

  // MARK: Checking

  /// Measures what the registry has with rows that are drawn anew.
  ///
  /// - Parameter db: A connection outside of a transaction.
  /// - Returns: The settings and what they reach.
  /// - Throws: ``ActionError`` where the registry has none for the index that there is; `PostgresError` from the server.
  package func check(on db: inout PQConnection) throws -> Check {
    let target = try SearchTarget.find(options, on: &db)
    let metric = options.metric ?? target.metric
    let access = IndexAccess(target.indexes, of: target.column, by: metric)
    guard let tuning = target.tuning(of: IndexKind(access.variant, by: metric)) else {
      throw ActionError(
        .configuration,
        "nothing is kept of the \(access.variant.rawValue) index on \(target.column.vector.sqlName)",
        advice: "measure it and keep what comes out: dbtool tune --apply"
      )
    }
    let subject = try Subject(options, neighbors: tuning.neighbors, on: &db)
    return try Self.inSnapshot(on: &db) { db throws in
      var done = 0
      let step = {
        done += 1
        progress(done, 2 * request.probes)
      }
      let keys = try HeldOutProbes.draw(request.probes, from: target, seed: request.seed, on: &db)
      let probes = try HeldOutProbes(
        keys,
        for: subject.search,
        from: target.column,
        step: step,
        on: &db
      )
      let measurement = try probes.measure(
        [tuning.applied(to: subject.search)],
        step: step,
        on: &db
      )
      return Check(target: target, tuning: tuning, measurement: measurement[0])
    }
  }

  /// Everything within reads one state of the database and writes nothing.
  private static func inSnapshot<Value>(
    on db: inout PQConnection,
    _ body: (inout PQConnection) throws -> Value
  ) throws -> Value {
    try db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    defer { _ = try? db.execute("ROLLBACK") }
    return try body(&db)
  }
}
