import PGCatalog
package import PQClient
package import VectorSQL

/// Finds the cheapest settings of a column's index that reach a recall.
///
/// Recall and time rise with the settings, so a binary search among some probes finds where the recall is reached,
/// and other probes say what it really is: the recall that is promised is that of rows which had no part in the choice.
/// An HNSW index is built anew on copies of the table without them (``TableCopy``), since a row that is in the graph
/// finds its neighbours too easily. The lists of an IVFFlat index know nothing of single rows, and age with the table:
/// they are measured as they are.
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
    package let setting: IndexSetting
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

    /// What the registry has of this kind of index; nil where nothing was kept.
    package var kept: SearchTuning? { target.tuning(of: IndexKind(variant, by: metric)) }
  }

  let request: Request
  let options: NeighborOptions
  let events: @Sendable (RecallEvent) -> Void

  /// A search for settings.
  ///
  /// - Parameters:
  ///   - request: What is asked for.
  ///   - options: The table, the encoder, the metric.
  ///   - events: Told what happens.
  package init(
    _ request: Request,
    options: NeighborOptions,
    events: @escaping @Sendable (RecallEvent) -> Void = { _ in }
  ) {
    self.request = request
    self.options = options
    self.events = events
  }

  // MARK: Finding

  /// Finds the settings, in one snapshot of the database.
  ///
  /// - Parameter db: A connection outside of a transaction.
  /// - Returns: The settings and what was measured on the way.
  /// - Throws: ``ActionError`` where there is no index to tune, or none that serves; `PostgresError` from the server.
  package func run(on db: inout PQConnection) throws -> Outcome {
    let subject = try Subject(options, neighbors: request.neighbors, on: &db)
    return try inSnapshot(of: subject, on: &db) { db throws in try find(subject, on: &db) }
  }

  private func find(_ subject: Subject, on db: inout PQConnection) throws -> Outcome {
    let training = max(30, request.probes / 5)
    var done = 0
    // About eight settings are tried with the first rows, four with the others.
    let expected = 9 * training + 5 * request.probes
    let step = {
      done += 1
      events(.measuring("tune", done: done, of: max(done, expected)))
    }
    let count = training + request.probes
    let keys = try HeldOutProbes.draw(count, from: subject.target, seed: request.seed, on: &db)
    let (ladder, index) = try served(subject, keys, on: &db)
    let held = try subject.holdingOut(keys, events: events, on: &db)
    let finding = try subject.probes(held.prefix(training), step: step, on: &db)
    let judging = try subject.probes(held.dropFirst(training), step: step, on: &db)
    var found = Measured(finding, subject.search, step)
    var judged = Measured(judging, subject.search, step)
    let setting = try cheapest(of: ladder, &found, &judged, on: &db)
    let best = try judged.point(setting, on: &db)
    guard best.measurement.index != nil else { throw subject.unused }
    let now = try judging.measure([subject.present], step: step, on: &db)[0]
    return Outcome(
      target: subject.target,
      metric: subject.search.metric,
      variant: subject.access.variant,
      index: index,
      best: best,
      settings: setting.applied(to: subject.search).settings,
      isReached: best.measurement.reaches(request.targetRecall),
      present: (subject.present.settings, now),
      exact: judging.exact,
      curve: judged.points(besides: found),
      queries: found.queries + judged.queries + judging.keys.count,
      gridQueries: ladder.gridSize * keys.count,
      tuning: SearchTuning(
        variant: subject.registeredName,
        setting: setting,
        neighbors: request.neighbors,
        targetRecall: request.targetRecall,
        recall: best.measurement.recall.mean
      )
    )
  }

  /// The rungs at which the planner takes the index: the dearer it is to search, the sooner comparing every row is
  /// found cheaper.
  private func served(
    _ subject: Subject,
    _ keys: [HeldOutProbes.Key],
    on db: inout PQConnection
  ) throws -> (ladder: TuningLadder, index: String) {
    guard let key = keys.first else { throw subject.unused }
    var ladder = subject.ladder
    while let top = ladder.rungs.last {
      let search = top.applied(to: subject.search)
      if let index = try key.index(serving: search, on: &db) {
        return (ladder, index)
      }
      ladder = ladder.shortened
    }
    throw subject.unused
  }

  /// Some rows find where the recall is reached, by a binary search; what the others say counts: up where they find
  /// less, down where less is enough for them.
  private func cheapest(
    of ladder: TuningLadder,
    _ found: inout Measured,
    _ judged: inout Measured,
    on db: inout PQConnection
  ) throws -> IndexSetting {
    let target = request.targetRecall
    var place = try found.firstReaching(target, of: ladder.rungs, on: &db)
    var rungs = ladder.rungs
    if rungs[place].firstStage != nil {
      let trimmed = ladder.trimmed(rungs[place])
      rungs = trimmed + rungs[(place + 1)...]
      place = try found.firstReaching(target, of: trimmed, on: &db)
    }
    while try !judged.reaches(target, rungs[place], on: &db), place + 1 < rungs.count { place += 1 }
    while place > 0, try judged.reaches(target, rungs[place - 1], on: &db) { place -= 1 }
    return rungs[place]
  }

  /// Keeps the settings in the registry, where searches find them.
  ///
  /// - Throws: ``ActionError`` where the column is not in the registry; `PostgresError` from the server.
  package static func apply(_ outcome: Outcome, on db: inout PQConnection) throws {
    try outcome.tuning.store(for: registered(outcome.target, on: &db), on: &db)
  }

  private static func registered(
    _ target: SearchTarget,
    on db: inout PQConnection
  ) throws -> RegisteredEmbedding {
    if let embedding = target.embedding { return embedding }
    let isThere: Bool = try db.query(
      "SELECT EXISTS (SELECT FROM pg_catalog.pg_tables WHERE (schemaname, tablename) = ('dbtool', 'embedding'))"
    ).scalar()
    if try isThere && EmbeddingCandidate.registry(on: &db) == nil {
      throw ActionError(
        .rights,
        "permission denied for the registry, which keeps the settings",
        advice:
          "GRANT USAGE ON SCHEMA dbtool TO you; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA dbtool TO you"
      )
    }
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
    _ = try Self.registered(SearchTarget.find(options, on: &db), on: &db)
  }

  /// The options that name a column again.
  static func place(_ target: SearchTarget, _ metric: DistanceMetric?) -> String {
    "--table \(target.rows.shownName) --encoder \(target.column.encoder)"
      + (metric.map { " --metric \($0.rawValue)" } ?? "")
  }

  /// Everything within sees one state of the database, and leaves nothing in it.
  func inSnapshot<Value>(
    of subject: Subject,
    on db: inout PQConnection,
    _ body: (inout PQConnection) throws -> Value
  ) throws -> Value {
    let access = subject.isCopied ? "READ WRITE" : "READ ONLY"
    try db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ \(unsafeRaw: access)")
    defer { _ = try? db.execute("ROLLBACK") }
    return try body(&db)
  }
}
