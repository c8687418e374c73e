import VectorSQL

/// A query for what a statement searches for, taken from its text, and whether that can be compared at all.
package struct ProbeQuery: Sendable {
  /// Gives one row: whether it is NULL, and whether it is a zero vector where that matters.
  package let sql: String
  /// How the distance is measured, as pgvector's operator classes name it.
  package let metric: String

  /// Reading more pages than this a second time is not worth it.
  private static let mostBlocks = 1000

  /// Finds it; nil where the text does not show it, or it costs much to compute.
  ///
  /// - Parameters:
  ///   - sql: The statement.
  ///   - explained: Its plan, after it ran.
  ///   - catalogue: The tables in it.
  package init?(_ sql: String, _ explained: ExplainedStatement, _ catalogue: CatalogueSnapshot) {
    let text = SQLPieces(sql)
    let nodes = explained.plan.all
    let blocks = nodes.filter { $0.parentRelationship == "InitPlan" }
      .reduce(0) { $0 + ($1.blocks ?? 0) }
    guard blocks <= Self.mostBlocks, let clause = OrderClause.find(in: text),
      let searched = SearchedColumn.served(in: explained.plan, catalogue)
        ?? SearchedColumn.sorted(in: explained.plan, catalogue)
    else { return nil }
    let distance = clause.distance
    let column = searched.column
    let isColumn = { (side: Range<Int>) in
      side.contains { text[$0].map(SearchedColumn.unquoted) == column.name }
        && !side.contains { text[$0]?.text == "select" }
    }
    guard isColumn(distance.left) != isColumn(distance.right) else { return nil }
    let probe = text.source(isColumn(distance.left) ? distance.right : distance.left)
    // What is searched has casts where the index is on another type.
    let cast = searched.operand.lastIndex(of: "::").map { searched.operand[$0 + 1] } ?? column.type
    let schema = distance.schema.map { $0 + "." } ?? ""
    let type = cast == "bit" ? "bit varying" : schema + SQLIdentifier(cast).sql
    let own = "probe.v \(distance.spelled(distance.sign)) probe.v"
    let isZero =
      switch distance.metric {
      case "cosine": "(\(own)) = 'NaN'"
      case "ip": "(\(own)) = 0"
      default: "false"
      }
    metric = distance.metric
    self.sql =
      clause.prelude(in: text)
      + "SELECT probe.v IS NULL AS is_null, \(isZero) AS is_zero FROM (SELECT (\(probe))::\(type) AS v) AS probe"
  }
}

extension OrderClause {
  /// Whether a statement is ordered by the distance from a constant NULL, of which the plan shows nothing.
  static func isByNull(_ statement: SQLStatement) -> Bool {
    let text = SQLPieces(statement.text)
    guard let distance = find(in: text)?.distance else { return false }
    return [distance.left, distance.right].contains { side in
      guard let place = side.first(where: { text[$0]?.text != "(" }), let first = text[place] else {
        return false
      }
      guard first.kind == .parameter, let number = Int(first.text.dropFirst()) else {
        return first.text == "null"
      }
      return statement.binds.indices.contains(number - 1) && statement.binds[number - 1].isNull
    }
  }
}
