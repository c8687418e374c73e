extension NearestNeighbors {
  /// The whole statement: key, selected columns, `distance`, and `because` where reasons were asked for;
  /// nearest first, or in the order of choice where the rows have to differ.
  public var statement: SQLStatement {
    SQLStatement(query, settings: settings)
  }

  /// The settings that the search wants around it.
  public var settings: [SQLSetting] {
    mode.settings(limit: candidates, isFiltered: leavesOutRows)
  }

  /// Whether the index may give the rows out of order.
  var isRelaxed: Bool { mode.isRelaxed(limit: candidates, isFiltered: leavesOutRows) }

  private var leavesOutRows: Bool { filter != nil || seen != nil || leavesOutSeveral }

  /// Whether any number of rows near to the probe are left out because it is made of them.
  private var leavesOutSeveral: Bool {
    if case .mean = probe { probe.isOther(than: searched.key) != nil } else { false }
  }

  /// The query of how many rows could be found at any distance: those that have a vector, of which the
  /// filter holds, and which are neither the probe's nor seen.
  public var countOfMatchingRows: SQLFragment {
    let names = Names(self)
    let seen: SQLFragment =
      seen.map {
        """
        WITH \(ident: names.seen) AS MATERIALIZED (
          \(Self.items(of: $0))
        )

        """
      } ?? ""
    return """
      \(seen)SELECT count(*)
      FROM \(searched.table.source)
      WHERE \(VectorScan(self, names).conditionsOnRows)
      """
  }

  /// How many rows the index is asked for.
  private var candidates: Int {
    max(limit, firstStage?.candidates ?? 0, diversity?.candidates ?? 0)
  }

  private var query: SQLFragment {
    let names = Names(self)
    var parts: [(name: String, query: SQLFragment)] = [
      (names.probe, probe.query(for: searched, by: metric))
    ]
    if let seen { parts.append((names.seen, Self.items(of: seen))) }
    let direct = VectorScan(self, names)
    guard needsMore else {
      return "\(Self.with(parts))\n\(direct.query(limit: limit, columns: columns, keeping: false))"
    }
    let keeping = reasons != nil || diversity != nil
    let pool = max(limit, diversity?.candidates ?? 0)
    let shown = searched.hasSideTable ? [] : columns
    if let firstStage {
      parts.append((names.candidates, direct.coarse(firstStage, columns: shown)))
      let again = direct.refined(names.candidates, limit: pool, columns: shown, keeping: keeping)
      parts.append((names.nearest, again))
    } else {
      parts.append((names.nearest, direct.query(limit: pool, columns: shown, keeping: keeping)))
    }
    if let diversity { parts.append((names.chosen, chosen(diversity, names))) }
    if let reasons { parts.append((names.used, used(reasons))) }
    let isRecursive = diversity != nil
    return "\(Self.with(parts, isRecursive: isRecursive))\n\(outer(names))"
  }

  /// Whether the rows found are more than a scan in the order of the distance gives.
  private var needsMore: Bool {
    searched.hasSideTable || reasons != nil || threshold != nil || diversity != nil
      || firstStage != nil || !scanBreaksTies || isRelaxed
  }

  static func with(
    _ parts: [(name: String, query: SQLFragment)],
    isRecursive: Bool = false
  ) -> SQLFragment {
    let queries = parts.map { part -> SQLFragment in
      """
      \(ident: part.name) AS MATERIALIZED (
        \(part.query)
      )
      """
    }
    let keyword: SQLFragment = isRecursive ? "WITH RECURSIVE" : "WITH"
    return "\(keyword) \(queries.joined(separator: ",\n"))"
  }

  static func items(of seen: Seen) -> SQLFragment {
    """
    SELECT \(seen.interactions.item.sql) AS id
    FROM \(seen.interactions.table.source)
    WHERE \(seen.interactions.subject.sql) = \(SQLFragment(bind: seen.subject))
      AND \(seen.interactions.item.sql) IS NOT NULL
    """
  }

  // MARK: Around the search

  private func outer(_ names: Names) -> SQLFragment {
    let found = Table(diversity == nil ? names.nearest : names.chosen)
    var outputs: [SQLFragment] = []
    var joins: SQLFragment = ""
    if searched.hasSideTable {
      // The join comes after the LIMIT, so that an index on the vectors can serve it.
      outputs = ([searched.row] + columns).map(\.sql)
      joins = """

        JOIN \(searched.row.table.source) ON \(searched.row.sql) = \(found.column(searched.key.name).sql)
        """
    } else {
      outputs = ([searched.key] + columns).map { found.column($0.name).sql }
    }
    outputs.append("\(found.column(names.distance).sql)")
    if let reasons {
      outputs.append("\(ident: names.reasons).because")
      joins += because(reasons, found, names)
    }
    let distance = found.column(names.distance).sql
    let condition = threshold.map { "\nWHERE \(distance) <= \($0)" as SQLFragment } ?? ""
    let order = diversity == nil ? distance : found.column(names.rank).sql
    return """
      SELECT \(outputs.joined(separator: ", "))
      FROM \(found.source)\(joins)\(condition)
      ORDER BY \(order), \(outputs[0])
      """
  }

  /// One row after the other: the recursive part sees which were chosen before.
  ///
  /// They are kept as text, since a recursive query compares the types of its parts to the last detail,
  /// and `varchar(20)` in an array loses one.
  private func chosen(_ diversity: Diversity, _ names: Names) -> SQLFragment {
    let nearest = Table(names.nearest)
    let key = searched.key.name
    let shown = (searched.hasSideTable ? [] : columns).map(\.name)
    let kept = [key] + shown + (reasons == nil ? [] : [names.embedding]) + [names.distance]
    let list = { (table: Table) in kept.map { table.column($0).sql }.joined(separator: ", ") }
    let (other, next, chosen) = (Table("other"), Table("next"), Table(names.chosen))
    let operation: SQLFragment = "\(unsafeRaw: metric.sqlOperator)"
    return """
      (
        SELECT \(list(nearest)),
               1 AS \(ident: names.rank), ARRAY[\(nearest.column(key).sql)::text] AS \(ident: names.before)
        FROM \(nearest.source)
        ORDER BY \(nearest.column(names.distance).sql), \(nearest.column(key).sql)
        LIMIT 1
      )
      UNION ALL
      SELECT \(list(next)),
             \(chosen.column(names.rank).sql) + 1, \(chosen.column(names.before).sql) || \(next.column(key).sql)::text
      FROM \(chosen.source)
      CROSS JOIN LATERAL (
        SELECT \(list(nearest))
        FROM \(nearest.source)
        WHERE \(nearest.column(key).sql)::text <> ALL (\(chosen.column(names.before).sql))
        ORDER BY (1 - \(diversity.strength)) * \(nearest.column(names.distance).sql)
                 - \(diversity.strength) * (
                     SELECT min(\(nearest.column(names.embedding).sql) \(operation) \(other.column(names.embedding).sql))
                     FROM \(nearest.named("other").source)
                     WHERE \(other.column(key).sql)::text = ANY (\(chosen.column(names.before).sql))
                   ),
                 \(nearest.column(key).sql)
        LIMIT 1
      ) AS next
      WHERE \(chosen.column(names.rank).sql) < \(literal: limit)
      """
  }

  /// The profile's items with their labels.
  ///
  /// Materialized, so that no index on the items answers for them: it would rank all items first and
  /// find few or none of the subject's among its candidates.
  private func used(_ reasons: Reasons) -> SQLFragment {
    guard case .profile(let profile) = probe else { return "" }
    return """
      SELECT \(profile.items.row.sql) AS id, \(reasons.label.sql) AS title,
             \(profile.items.vector.sql) AS embedding
      FROM \(profile.items.table.source)\(profile.items.joinOfRows)
      WHERE \(profile.condition)
      """
  }

  /// The profile's items nearest to each row found, as JSON.
  private func because(_ reasons: Reasons, _ found: Table, _ names: Names) -> SQLFragment {
    let used = Table(names.used)
    let distance: SQLFragment = """
      \(used.column("embedding").sql) \(unsafeRaw: metric.sqlOperator) \
      \(found.column(names.embedding).sql)
      """
    return """

      CROSS JOIN LATERAL (
        SELECT jsonb_agg(
                 jsonb_build_object('id', item.id, 'title', item.title, 'distance', item.distance)
                 ORDER BY item.distance, item.id
               ) AS because
        FROM (
          SELECT \(used.column("id").sql), \(used.column("title").sql), \(distance) AS distance
          FROM \(used.source)
          ORDER BY \(distance), \(used.column("id").sql)
          LIMIT \(literal: reasons.count)
        ) AS item
      ) AS \(ident: names.reasons)
      """
  }

  // MARK: Names

  /// The statement's own names, none of which is a table's or a column's of the user.
  struct Names {
    let probe: String
    let seen: String
    let candidates: String
    let nearest: String
    let chosen: String
    let used: String
    let embedding: String
    let distance: String
    let rank: String
    let before: String
    let score: String
    let reasons: String

    init(_ search: NearestNeighbors) {
      var tables = [search.searched.table.name, search.searched.row.table.name]
      if let items = search.probe.items {
        tables += [items.table.name, items.row.table.name]
      }
      if case .profile(let profile) = search.probe {
        tables.append(profile.interactions.table.name)
      }
      if let seen = search.seen { tables.append(seen.interactions.table.name) }
      if let filter = search.filter { tables += filter.sql.words }
      if case .expression(let expression) = search.probe { tables += expression.words }
      let columns = ([search.searched.key, search.searched.row] + search.columns).map(\.name)
      probe = freeName(search.probe.name, avoiding: tables)
      seen = freeName("seen", avoiding: tables)
      candidates = freeName("candidates", avoiding: tables)
      nearest = freeName("nearest", avoiding: tables)
      chosen = freeName("chosen", avoiding: tables)
      used = freeName("used", avoiding: tables)
      embedding = freeName("embedding", avoiding: columns)
      distance = freeName("distance", avoiding: columns)
      rank = freeName("rank", avoiding: columns)
      before = freeName("before", avoiding: columns)
      score = freeName("score", avoiding: columns)
      reasons = freeName("reasons", avoiding: tables)
    }
  }
}
