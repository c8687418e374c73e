import PGCatalog
import VectorSQL

/// The statement written so that an index can serve it, where its text is to blame.
///
/// It changes the text where the cause stands and leaves the rest byte for byte; whether it helps is for the
/// planner to say.
package struct Correction {
  /// A statement to try.
  package struct Candidate {
    /// The statement.
    package let sql: String
    /// A query that has to have one row, or the statement fails or asks something else.
    package let oneRow: String?
    /// What it asks otherwise by the way in which it is rewritten.
    package let difference: String?

    init(_ sql: String, oneRow: String? = nil, difference: String? = nil) {
      self.sql = sql
      self.oneRow = oneRow
      self.difference = difference
    }
  }

  private let text: SQLPieces
  private let verdict: Verdict

  /// Rewrites a statement for what the verdict found.
  ///
  /// - Parameters:
  ///   - sql: The statement as it was explained.
  ///   - verdict: What is wrong with it.
  /// - Returns: Statements to try, the best first; none where the text is not to blame.
  package static func candidates(_ sql: String, _ verdict: Verdict) -> [Candidate] {
    Correction(text: SQLPieces(sql), verdict: verdict).candidates()
  }

  private func candidates() -> [Candidate] {
    guard let searched = verdict.searched, let clause = OrderClause.find(in: text) else {
      return []
    }
    let distance = clause.distance
    switch verdict.cause {
    case .descending, .notFirst:
      return orders(by: bare(distance), clause)
    case .expression:
      // Only where it has the same order.
      guard let order = searched.order, order.grows == !order.isDescending else { return [] }
      return orders(by: bare(distance), clause)
    case .function:
      // The operator <#> is the negative of inner_product.
      let isNegative = searched.distance.function == "inner_product"
      guard searched.order?.isDescending == isNegative else { return [] }
      return orders(by: bare(distance), clause)
    case .wrongOperator:
      guard let sign = verdict.index?.sign else { return [] }
      return orders(by: bare(distance, sign: sign), clause)
    case .castMissing:
      guard let cast = cast(distance, searched) else { return [] }
      return orders(by: cast, clause)
    case .joinProbe:
      guard let probe = probe(distance, searched) else { return [] }
      let (range, source) = probe
      guard let select = subselect(source, for: range, clause) else { return [] }
      return orders(
        by: bare(distance, replacing: range, with: "(\(select))"),
        clause,
        oneRow: clause.prelude(in: text) + select
      )
    case .volatileProbe:
      guard let range = callingSide(of: distance) else { return [] }
      let select = "(SELECT \(text.source(range)))"
      return orders(by: bare(distance, replacing: range, with: select), clause)
    case .noLimit:
      return [
        Candidate(text.replacing([(clause.end..<clause.end, "\nLIMIT 10 ")])),
        Candidate(text.all + "\nLIMIT 10"),
      ]
    case .partialIndex:
      guard let condition = verdict.index?.predicate,
        let change = clause.restricting(to: condition, in: text)
      else { return [] }
      return [Candidate(text.replacing([change]))]
    case .unknown:
      // PostgreSQL 16 reads no index in the order of a distance and a key.
      return Array(orders(by: bare(distance), clause).dropFirst())
    default: return []
    }
  }

  /// The statement ordered by a distance; with the keys behind it, and without.
  private func orders(
    by distance: String,
    _ clause: OrderClause,
    oneRow: String? = nil
  ) -> [Candidate] {
    if let entry = clause.exposed { return exposing(distance, behind: entry, clause) }
    let others = clause.items.enumerated().filter { $0.offset != clause.place }
      .map { text.source($0.element) }
    let full = ([distance] + others).joined(separator: ", ")
    guard let first = clause.items.first, let last = clause.items.last else { return [] }
    let all = first.lowerBound..<last.upperBound
    return (others.isEmpty ? [full] : [full, distance]).map {
      Candidate(text.replacing([(all, $0)]), oneRow: oneRow)
    }
  }

  /// The statement with the distance as one more column of a sub-select, and ordered by that.
  private func exposing(
    _ distance: String,
    behind entry: Range<Int>,
    _ clause: OrderClause
  ) -> [Candidate] {
    let names = ["distance"] + (2...9).map { "distance_\($0)" }
    guard let first = clause.items.first, let last = clause.items.last,
      let name = names.first(where: { name in !text.pieces.contains { $0.text == name } })
    else { return [] }
    let all = clause.items.enumerated()
      .map { $0.offset == clause.place ? name : text.source($0.element) }
    let isWider = clause.takesAllColumns(in: text)
    return (all.count == 1 ? [all] : [all, [name]]).map { order in
      let sql = text.replacing([
        (entry, "\(text.source(entry)), \(distance) AS \(name)"),
        (first.lowerBound..<last.upperBound, order.joined(separator: ", ")),
      ])
      return Candidate(sql, difference: isWider ? "with the column \(name) besides" : nil)
    }
  }

  private func bare(
    _ distance: DistanceExpression,
    sign: String? = nil,
    replacing range: Range<Int>? = nil,
    with replacement: String = ""
  ) -> String {
    let sides = [distance.left, distance.right].map { side in
      side == range ? replacement : text.source(side)
    }
    return "\(sides[0]) \(distance.spelled(sign ?? distance.sign)) \(sides[1])"
  }

  // MARK: Expression indexes

  /// Both sides in the words of the index's expression.
  private func cast(_ distance: DistanceExpression, _ searched: SearchedColumn) -> String? {
    guard let index = verdict.index else { return nil }
    let isLeft = names(searched.column.name, in: distance.left)
    let (columns, probe) =
      isLeft ? (distance.left, distance.right) : (distance.right, distance.left)
    guard let column = columns.first(where: { isNamed(searched.column.name, $0) }) else {
      return nil
    }
    var start = column
    while text[start - 1]?.text == ".", text[start - 2]?.isName == true { start -= 2 }
    let schema = distance.schema.map { $0 + "." } ?? ""
    let type = schema + SQLIdentifier(searched.column.type).sql
    let dimension = searched.column.dimension.map { "(\($0))" } ?? ""
    let value = "\(text.source(plain(probe)))::\(type)\(dimension)"
    let indexed = inWords(of: index, text.source(start..<column + 1), searched)
    return "\(indexed) \(distance.spelled(index.sign)) \(inWords(of: index, value, searched))"
  }

  /// The index's expression with something else in place of the column.
  private func inWords(
    of index: TableIndex,
    _ value: String,
    _ searched: SearchedColumn
  ) -> String {
    guard let written = index.expression else { return value }
    let expression = SQLPieces(written)
    let places = expression.pieces.indices.filter {
      SearchedColumn.unquoted(expression.pieces[$0]) == searched.column.name
    }
    return expression.replacing(places.map { ($0..<$0 + 1, value) })
  }

  /// What was cast or quantized by hand, as it was before.
  private func plain(_ probe: Range<Int>) -> Range<Int> {
    var probe = probe
    let depth = text.depth(at: probe.lowerBound)
    let cast = probe.first { text[$0]?.text == "::" && text.depth(at: $0) == depth }
    if let cast { probe = probe.lowerBound..<cast }
    if text[probe.lowerBound]?.text == "binary_quantize",
      let close = text.closing(probe.lowerBound + 1)
    {
      return plain(probe.lowerBound + 2..<close)
    }
    return probe
  }

  // MARK: Probes

  private func isNamed(_ column: String, _ index: Int) -> Bool {
    text[index].map(SearchedColumn.unquoted) == column
  }

  /// Whether a side is about a column, and no sub-select.
  private func names(_ column: String, in range: Range<Int>) -> Bool {
    range.contains { isNamed(column, $0) } && !range.contains { text[$0]?.text == "select" }
  }

  private func probe(
    _ distance: DistanceExpression,
    _ searched: SearchedColumn
  ) -> (range: Range<Int>, source: String)? {
    // The text may call by another name what the plan has taken apart, a CTE for one.
    for range in [distance.right, distance.left] {
      for index in range where text[index + 1]?.text == "." {
        guard let piece = text[index] else { continue }
        let name = SearchedColumn.unquoted(piece)
        if name != searched.alias { return (range, name) }
      }
    }
    return nil
  }

  /// The side that a function is called on.
  private func callingSide(of distance: DistanceExpression) -> Range<Int>? {
    [distance.right, distance.left].first { range in
      range.contains { text[$0]?.isName == true && text[$0 + 1]?.text == "(" }
    }
  }

  /// A scalar sub-select that gives what the join gave: its source, with the conditions on that alone.
  private func subselect(_ alias: String, for probe: Range<Int>, _ clause: OrderClause) -> String? {
    guard let source = clause.source(named: alias, in: text),
      let conditions = clause.conditions(about: alias, in: text)
    else { return nil }
    let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
    return "SELECT \(text.source(probe)) FROM \(source)\(filter)"
  }
}

extension SQLPieces {
  /// The whole text.
  var all: String {
    guard count > 0 else { return "" }
    return source(0..<count)
  }
}
