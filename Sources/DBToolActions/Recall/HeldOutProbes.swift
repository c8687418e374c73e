import PGCatalog
import PQClient
import PlanVerdict
import VectorSQL

/// Rows of a table as probes, with what comparing every row finds for each.
///
/// Where what is searched is a ``TableCopy`` it does not hold them; where it is the table itself, a probe's own row is
/// left out of both answers. All of it belongs into one transaction, so that both are of the same rows.
struct HeldOutProbes: Sendable {
  /// A row, or a subject, by its key.
  struct Key: Sendable {
    /// The key as a person writes it.
    let text: String
    private let probe: Probe
    /// The vectors that are searched, nil for those that the search names.
    private var copy: EmbeddingColumn?

    fileprivate init(_ text: String, _ probe: Probe) {
      self.text = text
      self.probe = probe
    }

    /// The same row for a copy of the table that does not hold it.
    func searching(_ copy: EmbeddingColumn) -> Key {
      var key = self
      key.copy = copy
      return key
    }

    /// What a search asks from this row.
    fileprivate func question(_ search: NearestNeighbors) -> NearestNeighbors {
      search.measured(from: probe, in: copy)
    }
  }

  private struct Answered: Sendable {
    let key: Key
    /// How many rows the exact answer has, and how far away the last of them is.
    let count: Int
    let farthest: Double
  }

  /// The search, whose probe each of them takes the place of.
  private let search: NearestNeighbors
  private let probes: [Answered]
  /// What comparing every row took; recall is 1 by definition.
  let exact: RecallMeasurement

  /// The probes that have an answer.
  var keys: [Key] { probes.map(\.key) }

  /// Draws rows that have a vector: the same ones for the same seed, as long as the rows stay the same.
  ///
  /// - Throws: `PostgresError` from the server.
  static func draw(
    _ count: Int,
    from target: SearchTarget,
    seed: Int,
    on db: inout PQConnection
  ) throws -> [Key] {
    let (key, vector) = (target.column.key.sql, target.column.vector.sql)
    // Vectors of length zero have no direction; to look for them everywhere would be to read all vectors.
    let rows = try db.query(
      """
      SELECT drawn.key
      FROM (
        SELECT \(key)::text AS key, \(vector) AS embedding,
               hashtextextended(\(key)::text, \(seed)) AS place
        FROM \(target.column.table.identifier)
        WHERE \(vector) IS NOT NULL AND \(key) IS NOT NULL
        ORDER BY place, key
        LIMIT \(literal: 4 * count)
      ) AS drawn
      WHERE drawn.embedding <#> drawn.embedding <> 0
      ORDER BY drawn.place, drawn.key
      LIMIT \(literal: count)
      """
    )
    return try rows.compactMap { row in
      let text: String = try row["key"]
      return RowLookup.keyBind(text, of: target.key).map {
        Key(text, .row($0, of: target.column))
      }
    }
  }

  /// Draws subjects that have a profile as another one.
  ///
  /// - Throws: `PostgresError` from the server.
  static func draw(
    _ count: Int,
    like profile: Profile,
    seed: Int,
    on db: inout PQConnection
  ) throws -> [Key] {
    let subject = profile.interactions.subject.sql
    let rows = try db.query(
      """
      SELECT \(subject)::text AS key
      FROM \(profile.interactions.table.identifier)
      WHERE \(subject) IS NOT NULL
      GROUP BY \(subject)
      ORDER BY hashtextextended(\(subject)::text, \(seed)), 1
      LIMIT \(literal: count)
      """
    )
    return try rows.map { row in
      let text: String = try row["key"]
      let other = Profile(
        of: SQLBind(UntypedText(text)),
        interactions: profile.interactions,
        items: profile.items,
        weight: profile.weight
      )
      return Key(text, .profile(other))
    }
  }

  /// Finds the exact answers.
  ///
  /// - Parameters:
  ///   - keys: The rows.
  ///   - search: What they are to find.
  ///   - step: Called after each statement.
  ///   - db: A connection within a transaction.
  /// - Throws: `PostgresError` from the server.
  init(
    _ keys: [Key],
    for search: NearestNeighbors,
    step: () -> Void,
    on db: inout PQConnection
  ) throws {
    self.search = search
    let exact = search.mode(.exact).firstStage(nil)
    try Self.set(exact.settings, instead: [], on: &db)
    var probes: [Answered] = []
    var answers: [RecallMeasurement.Answer] = []
    for key in keys {
      let (rows, time) = try Self.run(key.question(exact), on: &db)
      step()
      // A vector of length zero has no neighbours to find.
      guard let last = rows.last else { continue }
      probes.append(Answered(key: key, count: rows.count, farthest: last.distance))
      answers.append(.init(recall: 1, milliseconds: time, keys: rows.map(\.key)))
    }
    try Self.set([], instead: exact.settings, on: &db)
    self.probes = probes
    self.exact = RecallMeasurement(index: nil, answers: answers)
    guard !probes.isEmpty else {
      throw ActionError(
        .badData,
        "no row of \(search.searched.table.identifier.sql) that was drawn has a neighbour: nothing can be measured",
        advice:
          "look at the vectors: dbtool doctor --table \(search.searched.table.identifier.shown)"
      )
    }
  }

  /// Measures ways to search, for each probe one after the other, so that what else the machine does meets them alike.
  ///
  /// A row counts as found where it is no farther away than the last of the exact answer: of several rows at that
  /// distance any is right.
  ///
  /// - Parameters:
  ///   - ways: The same search in other modes.
  ///   - step: Called after each statement.
  ///   - db: The connection, in the transaction of the exact answers.
  /// - Returns: A measurement for each way.
  /// - Throws: `PostgresError` from the server.
  func measure(
    _ ways: [NearestNeighbors],
    step: () -> Void,
    on db: inout PQConnection
  ) throws -> [RecallMeasurement] {
    var answers: [[RecallMeasurement.Answer]] = ways.map { _ in [] }
    var present: [SQLSetting] = []
    for (number, probe) in probes.enumerated() {
      // Whoever comes second finds the pages in memory.
      let order = number.isMultiple(of: 2) ? Array(ways.indices) : ways.indices.reversed()
      for place in order {
        let way = ways[place]
        if way.settings != present { try Self.set(way.settings, instead: present, on: &db) }
        present = way.settings
        let (rows, time) = try Self.run(probe.key.question(way), on: &db)
        step()
        let found = min(probe.count, rows.count { $0.distance <= probe.farthest })
        answers[place].append(
          .init(
            recall: Double(found) / Double(probe.count),
            milliseconds: time,
            keys: rows.map(\.key)
          )
        )
      }
    }
    try Self.set([], instead: present, on: &db)
    return try zip(ways, answers).map { way, answers in
      RecallMeasurement(index: try index(serving: way, on: &db), answers: answers)
    }
  }

  /// The index that the planner takes for a way to search; nil where it compares every row.
  ///
  /// - Throws: `PostgresError` from the server.
  func index(serving way: NearestNeighbors, on db: inout PQConnection) throws -> String? {
    try probes[0].key.index(serving: way, on: &db)
  }

  // MARK: Running

  private static func run(
    _ search: NearestNeighbors,
    on db: inout PQConnection
  ) throws -> (rows: [(key: RowKey, distance: Double)], milliseconds: Double) {
    let statement = search.statement
    let clock = ContinuousClock()
    let start = clock.now
    let result = try db.query(statement)
    let time = start.duration(to: clock.now)
    let rows = try result.map { (key: try $0[0] as RowKey, distance: try $0[1] as Double) }
    return (rows.filter { !$0.distance.isNaN }, time / .milliseconds(1))
  }

  /// Changes the settings of the transaction.
  fileprivate static func set(
    _ settings: [SQLSetting],
    instead present: [SQLSetting],
    on db: inout PQConnection
  ) throws {
    let names = Set(settings.map(\.name))
    let reset = present.filter { !names.contains($0.name) }.map {
      SQLStatement("SET LOCAL \(unsafeRaw: $0.name) TO DEFAULT" as SQLFragment)
    }
    guard !(reset.isEmpty && settings.isEmpty) else { return }
    _ = try db.pipeline(reset + settings.map { SQLStatement($0) })
  }
}

extension HeldOutProbes.Key {
  /// The index that the planner takes for a way to search from this row; nil where it compares every row.
  ///
  /// - Throws: `PostgresError` from the server.
  func index(
    serving way: NearestNeighbors,
    on db: inout PQConnection
  ) throws -> String? {
    try HeldOutProbes.set(way.settings, instead: [], on: &db)
    let json: String = try db.query(question(way).statement.explained("FORMAT JSON")).scalar()
    try HeldOutProbes.set([], instead: way.settings, on: &db)
    return try ExplainedStatement.read(json).orderedIndex
  }
}
