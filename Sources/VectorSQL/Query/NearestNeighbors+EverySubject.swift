extension NearestNeighbors {
  /// The same search for every subject that has a profile, in one statement: `subject`, the row's key, the
  /// selected columns, `distance`; each subject's rows nearest first.
  ///
  /// LATERAL, so that an index serves each subject's search by itself. An exact search copies the vectors first:
  /// else those that are stored out of line would be fetched again for every subject. Thresholds, first stages, diversity
  /// and reasons are for one subject.
  ///
  /// - Returns: nil where the probe is no profile.
  public var statementForEverySubject: SQLStatement? {
    guard case .profile(let profile) = probe else { return nil }
    let names = Names(self)
    let (profiles, nearest) = (Table(names.probe), Table(names.nearest))
    var shown = searched.hasSideTable ? [] : columns
    var parts = [(names.probe, profile.queryForEverySubject(by: metric))]
    var scan = VectorScan(self, names, lateralTo: profiles)
    var settings = settings
    if mode == .exact {
      parts.append((names.candidates, VectorScan(self, names).copies(columns: shown)))
      let copies = searching(copiesIn: names.candidates)
      scan = VectorScan(copies, names, lateralTo: profiles)
      settings.append(SQLSetting("work_mem", "64MB"))
      shown = searched.hasSideTable ? [] : copies.columns
    }
    let distance = nearest.column(names.distance).sql
    var outputs = ([searched.key] + columns).map { nearest.column($0.name).sql }
    var join: SQLFragment = ""
    if searched.hasSideTable {
      outputs = ([searched.row] + columns).map(\.sql)
      join = """

        JOIN \(searched.row.table.source) ON \(searched.row.sql) = \(nearest.column(searched.key.name).sql)
        """
    }
    let subject = profiles.column("subject").sql
    let name = freeName("subject", avoiding: ([searched.row] + columns).map(\.name))
    let label: SQLFragment = name == "subject" ? "" : " AS \(ident: name)"
    return SQLStatement(
      """
      \(Self.with(parts))
      SELECT \(subject)\(label), \(outputs.joined(separator: ", ")), \(distance)
      FROM \(profiles.source)
      CROSS JOIN LATERAL (
        \(scan.query(limit: limit, columns: shown, keeping: false))
      ) AS \(nearest.source)\(join)
      ORDER BY \(subject), \(distance), \(outputs[0])
      """,
      settings: settings
    )
  }
}
