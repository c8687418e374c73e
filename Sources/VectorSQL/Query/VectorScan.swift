/// The part of a search that reads the vectors.
struct VectorScan {
  private let search: NearestNeighbors
  private let names: NearestNeighbors.Names
  private let probe: SQLFragment
  private let conditions: SQLFragment
  /// What has to hold of a row whatever the probe is.
  let conditionsOnRows: SQLFragment

  /// A scan for one probe.
  init(_ search: NearestNeighbors, _ names: NearestNeighbors.Names) {
    let probe: SQLFragment = "(SELECT embedding FROM \(ident: names.probe))"
    var conditions: [SQLFragment] = []
    if let isOther = search.probe.isOther(than: search.searched.key) { conditions.append(isOther) }
    if search.seen != nil {
      conditions.append("\(search.searched.key.sql) NOT IN (SELECT id FROM \(ident: names.seen))")
    }
    self.init(search, names, probe: probe, isLateral: false, conditions: conditions)
  }

  /// A scan for the probe of each row of `probes`, which stands to the left of it.
  init(_ search: NearestNeighbors, _ names: NearestNeighbors.Names, lateralTo probes: Table) {
    var conditions: [SQLFragment] = []
    if let seen = search.seen?.interactions {
      conditions.append(
        """
        NOT EXISTS (
            SELECT FROM \(seen.table.source)
            WHERE \(seen.subject.sql) = \(probes.column("subject").sql)
              AND \(seen.item.sql) = \(search.searched.key.sql)
          )
        """
      )
    }
    let probe = probes.column("embedding").sql
    self.init(search, names, probe: probe, isLateral: true, conditions: conditions)
  }

  private init(
    _ search: NearestNeighbors,
    _ names: NearestNeighbors.Names,
    probe: SQLFragment,
    isLateral: Bool,
    conditions: [SQLFragment]
  ) {
    self.search = search
    self.names = names
    self.probe = probe
    let hasVector: SQLFragment = "\(search.searched.vector.sql) IS NOT NULL"
    let others = conditions + (search.filter.map { Self.conditions($0, search.searched) } ?? [])
    // The probes of a lateral scan are never NULL.
    let hasProbe: [SQLFragment] = isLateral ? [] : ["\(probe) IS NOT NULL"]
    self.conditions = ([hasVector] + hasProbe + others).joined(separator: "\n  AND ")
    conditionsOnRows = ([hasVector] + others).joined(separator: "\n  AND ")
  }

  private var searched: EmbeddingColumn { search.searched }
  private var operation: SQLFragment { "\(unsafeRaw: search.metric.sqlOperator)" }

  private func outputs(_ columns: [Column]) -> SQLFragment {
    ([searched.key] + columns).map(\.sql).joined(separator: ", ")
  }

  /// The nearest rows, in the order of the distance.
  func query(limit: Int, columns: [Column], keeping: Bool) -> SQLFragment {
    let distance: SQLFragment = "\(searched.vector.sql) \(operation) \(probe)"
    let vector: SQLFragment =
      keeping ? "\n       \(searched.vector.sql) AS \(ident: names.embedding)," : ""
    // From 17 on the planner would take rows that come in the order of this column for sorted.
    let shown: SQLFragment = search.isRelaxed ? "(\(distance)) + 0" : distance
    return """
      SELECT \(outputs(columns)),\(vector)
             \(shown) AS \(ident: names.distance)
      FROM \(searched.table.source)
      WHERE \(conditions)
      ORDER BY \(distance)\(tieBreak)
      LIMIT \(literal: limit)
      """
  }

  private var tieBreak: SQLFragment {
    search.scanBreaksTies ? ",\n         \(searched.key.sql)" : ""
  }

  /// The candidates by a coarse copy of the vectors.
  func coarse(_ stage: NearestNeighbors.FirstStage, columns: [Column]) -> SQLFragment {
    let vector = stage.copy.expression(of: searched.vector.sql, in: searched)
    let other = stage.copy.expression(of: probe, in: searched)
    let distance: SQLFragment = """
      \(vector) \(unsafeRaw: stage.copy.comparison(search.metric)) \(other)
      """
    return """
      SELECT \(outputs(columns)),
             \(searched.vector.sql) AS \(ident: names.embedding)
      FROM \(searched.table.source)
      WHERE \(conditions)
      ORDER BY \(distance)\(tieBreak)
      LIMIT \(literal: max(stage.candidates, search.limit))
      """
  }

  /// The nearest of the candidates.
  func refined(_ name: String, limit: Int, columns: [Column], keeping: Bool) -> SQLFragment {
    let found = Table(name)
    let vector = found.column(names.embedding).sql
    let distance: SQLFragment = "\(vector) \(operation) \(probe)"
    let outputs = ([searched.key] + columns).map { found.column($0.name).sql }
    let kept: SQLFragment = keeping ? "\n       \(vector)," : ""
    return """
      SELECT \(outputs.joined(separator: ", ")),\(kept)
             \(distance) AS \(ident: names.distance)
      FROM \(found.source)
      ORDER BY \(distance), \(found.column(searched.key.name).sql)
      LIMIT \(literal: limit)
      """
  }

  /// The rows that may be found, whatever the probe is, with their vectors as values: `subvector` of all of one
  /// is a vector that was fetched.
  func copies(columns: [Column]) -> SQLFragment {
    let vector = searched.vector.sql
    let dimension: SQLFragment =
      searched.dimension.map { "\(literal: $0)" } ?? "vector_dims(\(vector))"
    let filter = search.filter.map { Self.conditions($0, searched) } ?? []
    return """
      SELECT \(outputs(columns)),
             subvector(\(vector), 1, \(dimension)) AS \(ident: searched.vector.name)
      FROM \(searched.table.source)
      WHERE \((["\(vector) IS NOT NULL"] + filter).joined(separator: "\n  AND "))
      """
  }

  /// The user's conditions; where the vectors stand in a table of their own, on the rows that they are of.
  private static func conditions(
    _ filter: SQLPredicate,
    _ searched: EmbeddingColumn
  ) -> [SQLFragment] {
    guard searched.hasSideTable else { return filter.operands }
    let row: SQLFragment = "\(searched.row.sql) = \(searched.key.sql)"
    return [
      """
      EXISTS (
          SELECT FROM \(searched.row.table.source)
          WHERE \(([row] + filter.operands).joined(separator: "\n      AND "))
        )
      """
    ]
  }
}
