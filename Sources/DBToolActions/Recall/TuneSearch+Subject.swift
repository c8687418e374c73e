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
    let search: NearestNeighbors
    /// The same with the settings that it has now.
    let present: NearestNeighbors
    let registeredName: String

    /// Whether rows of the table find their neighbours too easily in its index.
    var isCopied: Bool { if case .lists = access { false } else { true } }

    /// Finds it.
    ///
    /// - Throws: ``ActionError`` where no index serves; `PostgresError` from the server.
    init(_ options: NeighborOptions, neighbors: Int, on db: inout PQConnection) throws {
      var options = options
      options.limit = neighbors
      target = try SearchTarget.find(options, on: &db)
      let probe = Probe.row(SQLBind(0), of: target.column)
      present = try NeighborQuery.prepare(target, near: probe, options, on: &db).search
      search = present.firstStage(nil)
      access = IndexAccess(target.indexes, of: target.column, by: search.metric)
      let kind = IndexKind(access.variant, by: search.metric)
      registeredName = kind.registeredText(of: target.embedding?.metric ?? search.metric)
      let table = target.rows.shownName
      switch target.rows.kind {
      case .partitioned where !target.column.hasSideTable:
        throw ActionError(
          .configuration,
          "table \(table) is partitioned: each part has an index of its own, and the answer is the best of all of theirs",
          advice: "see what they miss: dbtool explain --recall similar KEY --table \(table)"
        )
      case .view where !target.column.hasSideTable:
        throw ActionError(
          .configuration,
          "\(table) is a view, which has no index",
          advice: "tune the table that it reads"
        )
      default: break
      }
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

    /// At least so many rows are in an index for each that is held out of it: among fewer rows it finds more of them.
    private static let rowsPerProbe = 40

    /// Has each row search an index that has never seen it, of a copy of the table.
    ///
    /// - Parameters:
    ///   - keys: The rows.
    ///   - events: Told what happens.
    ///   - db: A connection within a transaction.
    /// - Returns: The rows, each for the copy that is without it.
    /// - Throws: ``ActionError`` where no copy can be made; `PostgresError` from the server.
    func holdingOut(
      _ keys: [HeldOutProbes.Key],
      events: (RecallEvent) -> Void,
      on db: inout PQConnection
    ) throws -> [HeldOutProbes.Key] {
      guard isCopied else { return keys }
      let copies = (keys.count * Self.rowsPerProbe - 1) / target.vectors + 1
      var held: [HeldOutProbes.Key] = []
      for number in 0..<copies {
        let part = Array(
          keys[(keys.count * number / copies)..<(keys.count * (number + 1) / copies)]
        )
        events(.copying(target.column.table.identifier.shown))
        let copy = try TableCopy.make(of: target, without: part, number: number, on: &db)
        for definition in copy.definitions {
          events(.building("\(access.variant.rawValue), \(number + 1) of \(copies)"))
          try copy.build(
            definition,
            access.variant,
            vectors: target.vectors,
            events: events,
            on: &db
          )
        }
        let column = try copy.target(target, on: &db).column
        held += part.map { $0.searching(column) }
      }
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
