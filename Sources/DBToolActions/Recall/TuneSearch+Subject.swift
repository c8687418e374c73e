import PGCatalog
import PQClient
import VectorSQL

extension TuneSearch {
  /// A column with an index that can be searched more or less far.
  struct Subject {
    let target: SearchTarget
    let access: IndexAccess
    let ladder: TuningLadder
    /// The search that is measured, from whichever row.
    private(set) var search: NearestNeighbors
    /// The same with the settings that it has now.
    private(set) var present: NearestNeighbors
    let registeredName: String
    private let options: NeighborOptions

    /// Whether rows of the table find their neighbours too easily in its index.
    var isCopied: Bool { if case .lists = access { false } else { true } }

    /// Finds it.
    ///
    /// - Throws: ``ActionError`` where no index serves; `PostgresError` from the server.
    init(_ options: NeighborOptions, neighbors: Int, on db: inout PQConnection) throws {
      var options = options
      options.limit = neighbors
      target = try SearchTarget.find(options, on: &db)
      (search, present) = try Self.searches(target, options, on: &db)
      self.options = options
      access = IndexAccess(target.indexes, of: target.column, by: search.metric)
      let kind = IndexKind(access.variant, by: search.metric)
      registeredName = kind.registeredText(of: target.embedding?.metric ?? search.metric)
      let table = target.rows.shownName
      guard let ladder = TuningLadder(access, neighbors: neighbors) else {
        throw ActionError(
          .configuration,
          "no index serves \(search.metric.rawValue) searches of \(target.column.vector.sqlName): every row is compared, "
            + "and none is missed",
          advice: "dbtool index use hnsw \(TuneSearch.place(target, options.metric))"
        )
      }
      guard NeighborQuery.isIndexPreferred(for: neighbors, of: target.vectors) else {
        throw ActionError(
          .configuration,
          "table \(table) has \(Figures.count(target.vectors, "vector")): for "
            + "\(Figures.count(neighbors, "neighbour")) of so few the planner decides whether an index is read at all",
          advice: "comparing each of them misses none (--exact); tune when it has grown"
        )
      }
      self.ladder = ladder
    }

    private static func searches(
      _ target: SearchTarget,
      _ options: NeighborOptions,
      on db: inout PQConnection
    ) throws -> (search: NearestNeighbors, present: NearestNeighbors) {
      let probe = Probe.row(SQLBind(0), of: target.column)
      let query = try NeighborQuery.prepare(target, near: probe, options, on: &db)
      return (query.search.firstStage(nil), query.search)
    }

    /// The same search among all rows but some, in an index that has never seen these.
    ///
    /// - Throws: ``ActionError`` where no copy can be made; `PostgresError` from the server.
    func holdingOut(
      _ keys: [HeldOutProbes.Key],
      on db: inout PQConnection
    ) throws -> Subject {
      guard isCopied else { return self }
      let copy = try TableCopy.make(of: target, without: keys, on: &db)
      for definition in copy.definitions {
        try copy.build(definition, access.variant, vectors: target.vectors, on: &db)
      }
      var held = self
      (held.search, held.present) = try Self.searches(
        copy.target(target, on: &db),
        options,
        on: &db
      )
      return held
    }

    /// Rows as probes, with their exact answers.
    ///
    /// - Throws: `PostgresError` from the server.
    func probes(
      _ keys: ArraySlice<HeldOutProbes.Key>,
      step: () -> Void,
      on db: inout PQConnection
    ) throws -> HeldOutProbes {
      try HeldOutProbes(Array(keys), for: search, step: step, on: &db)
    }

    /// The planner takes the index at no setting.
    var unused: ActionError {
      ActionError(
        .configuration,
        "the planner takes no index for searches of \(target.column.vector.sqlName)",
        advice: "see why: dbtool explain similar KEY --table \(target.rows.shownName)"
      )
    }
  }

  /// What settings reach with some probes, each measured once.
  struct Measured {
    private let probes: HeldOutProbes
    private let search: NearestNeighbors
    private let step: () -> Void
    private var measured: [IndexSetting: RecallMeasurement] = [:]

    init(
      _ probes: HeldOutProbes,
      _ search: NearestNeighbors,
      _ step: @escaping () -> Void
    ) {
      self.probes = probes
      self.search = search
      self.step = step
    }

    var queries: Int { measured.count * probes.keys.count }

    /// The settings from cheap to dear, with others of which fewer probes tell.
    func points(besides others: Measured) -> [Point] {
      others.measured.merging(measured) { $1 }.map {
        Point(setting: $0, measurement: $1)
      }
      .sorted {
        ($0.setting.value, $0.setting.candidates ?? 0) < (
          $1.setting.value, $1.setting.candidates ?? 0
        )
      }
    }

    mutating func point(_ rung: IndexSetting, on db: inout PQConnection) throws -> Point {
      let known =
        try measured[rung]
        ?? probes.measure([rung.applied(to: search)], step: step, on: &db)[0]
      measured[rung] = known
      return Point(setting: rung, measurement: known)
    }

    mutating func reaches(
      _ target: Double,
      _ rung: IndexSetting,
      on db: inout PQConnection
    ) throws -> Bool {
      try point(rung, on: &db).measurement.reaches(target)
    }

    /// The place of the first rung that reaches a recall; of the last one where none does.
    mutating func firstReaching(
      _ target: Double,
      of rungs: [IndexSetting],
      on db: inout PQConnection
    ) throws -> Int {
      var (low, high) = (0, rungs.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if try reaches(target, rungs[middle], on: &db) { high = middle } else { low = middle + 1 }
      }
      return low
    }
  }
}
