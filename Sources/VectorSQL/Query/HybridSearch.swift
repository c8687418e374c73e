/// Rows near to a probe and rows that hold the words of a text, merged by their ranks.
///
/// A row's score is the sum of 1 / (60 + rank) over the two lists: reciprocal rank fusion (Cormack, Clarke
/// and Büttcher, SIGIR 2009), which needs no common scale of distance and text rank.
public struct HybridSearch: Sendable {
  private let neighbors: NearestNeighbors
  private let text: String
  private let words: [Column]
  private let configuration: String
  private let candidates: Int

  /// A search by meaning and by words.
  ///
  /// - Parameters:
  ///   - neighbors: The search by meaning, with its limit, columns and filter.
  ///   - text: The words, as a search engine takes them (`websearch_to_tsquery`).
  ///   - words: The columns that hold the rows' texts.
  ///   - configuration: The text search configuration.
  ///   - candidates: How many rows of each list are merged.
  public init(
    _ neighbors: NearestNeighbors,
    text: String,
    in words: [Column],
    configuration: String = "english",
    candidates: Int = 50
  ) {
    self.neighbors = neighbors
    self.text = text
    self.words = words
    self.configuration = configuration
    self.candidates = max(candidates, neighbors.limit)
  }

  /// The whole statement: key, selected columns, `distance` and `score`, the best first.
  public var statement: SQLStatement {
    let searched = neighbors.searched
    let names = NearestNeighbors.Names(neighbors)
    let row = searched.row
    let (nearest, matching) = (Table(names.nearest), Table(names.candidates))
    let probe: SQLFragment = "(SELECT embedding FROM \(ident: names.probe))"
    let distance: SQLFragment = """
      \(searched.vector.sql) \(unsafeRaw: neighbors.metric.sqlOperator) \(probe)
      """
    var parts = [(names.probe, neighbors.probe.query(for: searched, by: neighbors.metric))]
    if let seen = neighbors.seen { parts.append((names.seen, NearestNeighbors.items(of: seen))) }
    parts += [(names.nearest, ranked(names)), (names.candidates, matches(names))]
    let score: SQLFragment = """
      coalesce(1.0 / (60 + \(nearest.column("rank").sql)), 0)
           + coalesce(1.0 / (60 + \(matching.column("rank").sql)), 0)
      """
    let vectors: SQLFragment =
      searched.hasSideTable
      ? "\nLEFT JOIN \(searched.table.source) ON \(searched.key.sql) = \(row.sql)" : ""
    return SQLStatement(
      """
      \(NearestNeighbors.with(parts))
      SELECT \(([row] + neighbors.columns).map(\.sql).joined(separator: ", ")),
             \(distance) AS \(ident: names.distance),
             (\(score))::double precision AS \(ident: names.score)
      FROM \(nearest.source)
      FULL JOIN \(matching.source) ON \(matching.column("id").sql) = \(nearest.column("id").sql)
      JOIN \(row.table.source)
        ON \(row.sql) = coalesce(\(nearest.column("id").sql), \(matching.column("id").sql))\(vectors)
      ORDER BY \(ident: names.score) DESC, \(row.sql)
      LIMIT \(literal: neighbors.limit)
      """,
      settings: neighbors.settings
    )
  }

  private func ranked(_ names: NearestNeighbors.Names) -> SQLFragment {
    let scan = VectorScan(neighbors, names)
    let found = Table("found")
    let key = found.column(neighbors.searched.key.name).sql
    return """
      SELECT \(key) AS id,
             row_number() OVER (ORDER BY \(found.column(names.distance).sql), \(key)) AS rank
      FROM (
        \(scan.query(limit: candidates, columns: [], keeping: false))
      ) AS found
      """
  }

  private func matches(_ names: NearestNeighbors.Names) -> SQLFragment {
    let row = neighbors.searched.row
    let texts = words.map { "coalesce(\($0.sql)::text, '')" as SQLFragment }
    let document: SQLFragment = """
      to_tsvector(\(literal: configuration), \(texts.joined(separator: " || ' ' || ")))
      """
    let query: SQLFragment = "websearch_to_tsquery(\(literal: configuration), \(text))"
    var conditions = ["\(document) @@ \(query)"] + (neighbors.filter?.operands ?? [])
    if neighbors.seen != nil {
      conditions.append("\(row.sql) NOT IN (SELECT id FROM \(ident: names.seen))")
    }
    return """
      SELECT \(row.sql) AS id,
             row_number() OVER (
               ORDER BY ts_rank_cd(\(document), \(query)) DESC, \(row.sql)
             ) AS rank
      FROM \(row.table.source)
      WHERE \(conditions.joined(separator: "\n  AND "))
      ORDER BY rank
      LIMIT \(literal: candidates)
      """
  }
}
