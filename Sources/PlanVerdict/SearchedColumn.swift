import PGCatalog
import VectorSQL

/// The order by a distance that a plan has to make by itself, and the column that is searched.
struct SearchedColumn {
  let table: CatalogueSnapshot.Table
  let column: CatalogueSnapshot.Column
  /// The name that the plan has for the table.
  let alias: String
  /// What the index would have to be on, in bare words: `e :: halfvec 384`.
  let operand: [String]
  /// The same as the plan writes it.
  let operandText: String
  /// The other operand's words, as the plan writes them.
  let probe: [String]
  /// Names of other tables and sub-queries of the plan that the probe is made of.
  let probeSources: [String]
  let distance: DistanceExpression
  /// Where the distance stands among what is ordered by: nil for not at all.
  let order: Order?
  /// The node that reads the table.
  let scan: PlanNode

  /// What is done with the distance in an ORDER BY.
  struct Order {
    let isDescending: Bool
    /// The distance is only a part of what is ordered by.
    let isExpression: Bool
    /// Whether the expression grows with the distance; nil where that cannot be told.
    let grows: Bool?
    let isFirst: Bool
    /// Whether NULLs come first in an ascending order.
    let hasNullsFirst: Bool
    let hasLimit: Bool
  }

  /// Finds the distance that the plan sorts by, or else one that it only filters by.
  static func find(in plan: PlanNode, _ catalogue: CatalogueSnapshot) -> SearchedColumn? {
    sorted(in: plan, under: false, plan, catalogue) ?? filtered(in: plan, catalogue)
  }

  /// Finds a distance that an index is read in the order of.
  static func served(in plan: PlanNode, _ catalogue: CatalogueSnapshot) -> SearchedColumn? {
    let order = plan.all.first(where: \.isOrderedByDistance)?.orderBy
    return order.flatMap { read($0, of: plan, catalogue, order: { _, _ in nil }) }
  }

  /// Finds a distance that the plan sorts by without an index.
  static func sorted(in plan: PlanNode, _ catalogue: CatalogueSnapshot) -> SearchedColumn? {
    sorted(in: plan, under: false, plan, catalogue)
  }

  private static func filtered(
    in plan: PlanNode,
    _ catalogue: CatalogueSnapshot
  ) -> SearchedColumn? {
    plan.all.lazy.compactMap { node in
      node.filter.flatMap { read($0, of: plan, catalogue, order: { _, _ in nil }) }
    }
    .first
  }

  private static func sorted(
    in node: PlanNode,
    under limit: Bool,
    _ plan: PlanNode,
    _ catalogue: CatalogueSnapshot
  ) -> SearchedColumn? {
    // What sorts the candidates of an index ranks them again.
    if node.isSort, !node.all.contains(where: \.isOrderedByDistance), let keys = node.sortKey {
      for (place, key) in keys.enumerated() {
        let found = read(key, of: plan, catalogue) { text, distance in
          let isDescending = text.pieces.contains { $0.text == "desc" }
          let words = text.pieces.indices.filter { index in
            !distance.range.contains(index) && !"()".contains(text.pieces[index].text)
          }
          .map { text.pieces[$0].text }
          let outside = { (range: Range<Int>) in range.map { text.pieces[$0].text } }
          return Order(
            isDescending: isDescending,
            isExpression: !words.allSatisfy {
              ["desc", "asc", "nulls", "first", "last"].contains($0)
            },
            grows: Monotony.grows(
              before: outside(0..<distance.range.lowerBound),
              after: outside(distance.range.upperBound..<text.count)
            ),
            isFirst: place == 0,
            hasNullsFirst: !isDescending && words.contains("first"),
            hasLimit: limit
          )
        }
        if let found { return found }
      }
    }
    let isLimited = node.type == "Limit" || limit && passesLimit(node)
    for child in node.children {
      let isSubplan = child.parentRelationship == "InitPlan"
      if let found = sorted(in: child, under: isLimited && !isSubplan, plan, catalogue) {
        return found
      }
    }
    return nil
  }

  /// Whether a limit above the node ends what is below it, too.
  private static func passesLimit(_ node: PlanNode) -> Bool {
    [
      "Limit", "Result", "Gather Merge", "Subquery Scan", "Incremental Sort", "LockRows",
      "Nested Loop",
    ]
    .contains(node.type)
  }

  private static func read(
    _ expression: String,
    of plan: PlanNode,
    _ catalogue: CatalogueSnapshot,
    order: (SQLPieces, DistanceExpression) -> Order?
  ) -> SearchedColumn? {
    let text = SQLPieces(expression)
    guard let distance = DistanceExpression(in: text, 0..<text.count) else { return nil }
    let scans = plan.all.filter { $0.relation != nil }
    let operands = [distance.left, distance.right].map { range in
      (range, Self.columns(of: text, range, scans, catalogue))
    }
    // Of two columns the one with more rows is searched, and the other is the probe.
    let searched = operands.enumerated()
      .compactMap { place, operand in operand.1.map { (place, $0) } }
      .max { left, right in
        (left.1.table.rows, left.1.scan.expectedRows, right.0)
          < (right.1.table.rows, right.1.scan.expectedRows, left.0)
      }
    guard let (place, found) = searched else { return nil }
    let other = operands[1 - place].0
    return SearchedColumn(
      table: found.table,
      column: found.column,
      alias: found.scan.alias ?? found.table.name,
      operand: bare(text, operands[place].0, alias: found.scan.alias),
      operandText: text.source(operands[place].0),
      probe: text.pieces[other].map(\.text),
      probeSources: Self.sources(of: text, other, in: plan, except: found.scan.alias),
      distance: distance,
      order: order(text, distance),
      scan: found.scan
    )
  }

  private static func columns(
    of text: SQLPieces,
    _ range: Range<Int>,
    _ scans: [PlanNode],
    _ catalogue: CatalogueSnapshot
  ) -> (table: CatalogueSnapshot.Table, column: CatalogueSnapshot.Column, scan: PlanNode)? {
    for index in range where text[index]?.isName == true {
      let name = unquoted(text.pieces[index])
      let alias =
        text[index - 1]?.text == "." && index - 2 >= range.lowerBound
        ? text[index - 2].map(unquoted) : nil
      // Another scan of the same table goes by a name that a partition could have, too.
      let own = scans.filter { $0.alias == alias }
      for scan in own + scans where alias == nil || scan.isCalled(alias) {
        guard let table = catalogue.table(scan),
          let column = table.columns.first(where: { $0.name == name })
        else { continue }
        return (table, column, scan)
      }
    }
    return nil
  }

  /// The words of an operand without brackets and the table's name.
  private static func bare(_ text: SQLPieces, _ range: Range<Int>, alias: String?) -> [String] {
    var words: [String] = []
    var index = range.lowerBound
    while index < range.upperBound {
      let piece = text.pieces[index]
      index += 1
      if piece.isName, text[index]?.text == ".", index < range.upperBound { index += 1; continue }
      if piece.text != "(" && piece.text != ")" { words.append(unquoted(piece)) }
    }
    return words
  }

  /// What an index is on, in the same words.
  static func bare(_ index: TableIndex) -> [String] {
    let text = SQLPieces(index.expression ?? SQLIdentifier(index.column).sql)
    return bare(text, 0..<text.count, alias: nil)
  }

  private static func sources(
    of text: SQLPieces,
    _ range: Range<Int>,
    in plan: PlanNode,
    except own: String?
  ) -> [String] {
    let names = Set(plan.all.compactMap { $0.alias ?? $0.cteName })
    return range.compactMap { index in
      guard let piece = text[index], piece.isName, text[index + 1]?.text == ".",
        names.contains(unquoted(piece)), unquoted(piece) != own
      else { return nil }
      return unquoted(piece)
    }
  }

  static func unquoted(_ piece: SQLPieces.Piece) -> String {
    guard piece.kind == .quotedIdentifier else { return piece.text }
    return String(piece.text.dropFirst().dropLast()).replacing("\"\"", with: "\"")
  }
}
