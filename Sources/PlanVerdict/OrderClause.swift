package import VectorSQL

/// The ORDER BY of a text that is about a distance, and the query that it belongs to.
struct OrderClause {
  /// What is ordered by.
  let items: [Range<Int>]
  /// Which of them is the distance.
  let place: Int
  /// The distance, here or in the SELECT list.
  let distance: DistanceExpression
  /// The piece behind the clause.
  let end: Int
  private let depth: Int
  /// The SELECT of the same query.
  private let select: Int
  private let start: Int

  private static let ends: Set<String> = [
    "limit", "offset", "fetch", "for", "window", "union", "intersect", "except", "rows", "range",
    "groups",
  ]

  /// The last ORDER BY of the text that is about a distance.
  static func find(in text: SQLPieces) -> OrderClause? {
    for index in text.pieces.indices.reversed()
    where text.pieces[index].text == "order" && text[index + 1]?.text == "by" {
      if let clause = OrderClause(text, at: index) { return clause }
    }
    return nil
  }

  private init?(_ text: SQLPieces, at start: Int) {
    depth = text.depth(at: start)
    self.start = start
    var end = start + 2
    while let piece = text[end], piece.text != ")", piece.text != ";" {
      if Self.ends.contains(piece.text) { break }
      end = (text.closing(end) ?? end) + 1
    }
    self.end = end
    let items = text.list(start + 2..<end)
    self.items = items
    var select = start
    var open = 0
    while select > 0 {
      select -= 1
      let piece = text.pieces[select].text
      if piece == ")" { open += 1 }
      if piece == "(" { open -= 1 }
      if open < 0 { return nil }
      if open == 0, piece == "select" { break }
    }
    guard text[select]?.text == "select" else { return nil }
    self.select = select
    for (place, item) in items.enumerated() {
      let found =
        DistanceExpression(in: text, item)
        ?? Self.selected(item, from: select, to: start, in: text).flatMap {
          DistanceExpression(in: text, $0)
        }
      if let found {
        (self.place, distance) = (place, found)
        return
      }
    }
    return nil
  }

  /// The entry of the SELECT list that an item names, by its alias or its number.
  private static func selected(
    _ item: Range<Int>,
    from select: Int,
    to end: Int,
    in text: SQLPieces
  ) -> Range<Int>? {
    guard let first = text[item.lowerBound] else { return nil }
    let from = word("from", after: select, before: end, in: text) ?? end
    let list = text.list(select + 1..<from)
    if first.kind == .number, let number = Int(first.text), list.indices.contains(number - 1) {
      return list[number - 1]
    }
    return list.first { entry in
      guard entry.count > 1, let last = text[entry.upperBound - 1], last.isName else {
        return false
      }
      return SearchedColumn.unquoted(last) == SearchedColumn.unquoted(first)
    }
  }

  /// A word of the same query, outside of brackets.
  private static func word(_ word: String, after start: Int, before end: Int, in text: SQLPieces)
    -> Int?
  {
    var index = start + 1
    while index < end {
      if text[index]?.text == word { return index }
      index = (text.closing(index) ?? index) + 1
    }
    return nil
  }

  // MARK: The rest of the query

  private func clause(_ word: String, until ends: [String], in text: SQLPieces) -> Range<Int>? {
    guard let first = Self.word(word, after: select, before: start, in: text) else { return nil }
    let end =
      ends.compactMap { Self.word($0, after: first, before: start, in: text) }.min() ?? start
    return first + 1..<end
  }

  /// The WITH before the query, if there is one that it can see.
  func prelude(in text: SQLPieces) -> String {
    text[0]?.text == "with" && depth == 0 && select > 0 ? text.source(0..<select) + " " : ""
  }

  /// The change that asks for rows with a condition alone; nil where groups stand in its way.
  func restricting(to condition: String, in text: SQLPieces) -> (range: Range<Int>, text: String)? {
    guard Self.word("group", after: select, before: start, in: text) == nil else { return nil }
    let isJoined = SQLPieces(condition).pieces.contains { $0.text == "or" }
    let condition = isJoined ? "(\(condition))" : condition
    guard let old = clause("where", until: [], in: text) else {
      return (start..<start, "WHERE \(condition) ")
    }
    let isChoice = old.contains { text[$0]?.text == "or" }
    let kept = isChoice ? "(\(text.source(old)))" : text.source(old)
    return (old, "\(kept) AND \(condition)")
  }

  /// How FROM names a source: `product AS p`.
  func source(named alias: String, in text: SQLPieces) -> String? {
    guard let from = clause("from", until: ["where", "group"], in: text) else { return nil }
    for entry in text.list(from) {
      // `a CROSS JOIN b`, `a JOIN b ON …`: what stands between the joins.
      var parts: [Range<Int>] = []
      var begin = entry.lowerBound
      var index = entry.lowerBound
      while index < entry.upperBound {
        let piece = text.pieces[index].text
        if piece == "join" {
          parts.append(begin..<index)
          begin = index + 1
        }
        index = (text.closing(index) ?? index) + 1
      }
      parts.append(begin..<entry.upperBound)
      for part in parts {
        let words = part.filter { text.pieces[$0].isName }
        let stop = words.first {
          ["cross", "inner", "left", "on", "using", "lateral"].contains(text.pieces[$0].text)
        }
        let source = part.lowerBound..<(stop ?? part.upperBound)
        guard let last = source.last, let piece = text[last], piece.isName,
          SearchedColumn.unquoted(piece) == alias
        else { continue }
        return text.source(source)
      }
    }
    return nil
  }

  /// The conditions about one source; nil where one of them is about another source as well.
  func conditions(about alias: String, in text: SQLPieces) -> [String]? {
    var ranges = [clause("where", until: ["group", "having"], in: text)].compactMap(\.self)
    if let from = clause("from", until: ["where", "group", "having"], in: text) {
      for index in from where text[index]?.text == "on" {
        var end = index + 1
        while end < from.upperBound,
          !["join", "cross", "inner", "left", "right", "full", ","].contains(text[end]?.text ?? "")
        { end = (text.closing(end) ?? end) + 1 }
        ranges.append(index + 1..<end)
      }
      guard !from.contains(where: { ["using", "natural"].contains(text[$0]?.text ?? "") }) else {
        return nil
      }
    }
    var found: [String] = []
    for part in ranges.flatMap({ conjuncts($0, in: text) }) {
      let sources = part.filter { text[$0 + 1]?.text == "." }.compactMap { text[$0] }
        .map(SearchedColumn.unquoted)
      guard sources.contains(alias) else { continue }
      guard sources.allSatisfy({ $0 == alias }) else { return nil }
      found.append(text.source(part))
    }
    return found
  }

  private func conjuncts(_ range: Range<Int>, in text: SQLPieces) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var begin = range.lowerBound
    var index = range.lowerBound
    while index < range.upperBound {
      if text.pieces[index].text == "and" {
        parts.append(begin..<index)
        begin = index + 1
      }
      index = (text.closing(index) ?? index) + 1
    }
    parts.append(begin..<range.upperBound)
    return parts
  }
}

/// The LIMITs of a statement.
package enum LimitClause {
  /// The statement with a number for each parameter that stands behind LIMIT, and the other parameters
  /// counted anew.
  package static func replacingParameters(in sql: String, by limit: Int) -> String {
    let text = SQLPieces(sql)
    let parameters = text.pieces.indices.filter { text.pieces[$0].kind == .parameter }
    let limits = Set(parameters.filter { text[$0 - 1]?.text == "limit" })
    let gone = Set(limits.map { text.pieces[$0].text })
    var left = Set(parameters.map { text.pieces[$0].text }).subtracting(gone)
      .compactMap { Int($0.dropFirst()) }
    left.sort()
    return text.replacing(
      parameters.map { index in
        let number = Int(text.pieces[index].text.dropFirst()) ?? 0
        let place = left.firstIndex(of: number).map { "$\($0 + 1)" }
        return (index..<index + 1, place ?? String(limit))
      }
    )
  }

  /// Their values, as written or bound, without those that are expressions.
  package static func values(in statement: SQLStatement) -> [Int] {
    let text = SQLPieces(statement.text)
    return text.pieces.indices.compactMap { index in
      guard text.pieces[index].text == "limit", let value = text[index + 1] else { return nil }
      guard value.kind == .parameter else { return Int(value.text) }
      let place = Int(value.text.dropFirst()).map { $0 - 1 } ?? 0
      guard statement.binds.indices.contains(place) else { return nil }
      return statement.binds[place].text.flatMap { Int($0) }
    }
  }
}
