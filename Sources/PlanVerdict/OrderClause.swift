import VectorSQL

/// The ORDER BY of a text that is about a distance, and the query that it belongs to.
struct OrderClause {
  /// What is ordered by.
  let items: [Range<Int>]
  /// Which of them is the distance.
  let place: Int
  /// The distance, here, in the SELECT list or in a sub-select.
  let distance: DistanceExpression
  /// The entry of a sub-select's list that the distance is in, where it is in one.
  let exposed: Range<Int>?
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
        (self.place, distance, exposed) = (place, found, nil)
        return
      }
    }
    for (place, item) in items.enumerated() {
      if let (found, entry) = Self.derived(item, outside: select, in: text) {
        (self.place, distance, exposed) = (place, found, entry)
        return
      }
    }
    return nil
  }

  /// The distance behind a column of a sub-select in FROM or WITH; nil where several columns go by its name.
  private static func derived(
    _ item: Range<Int>,
    outside own: Int,
    in text: SQLPieces
  ) -> (distance: DistanceExpression, entry: Range<Int>)? {
    let isQualified = text[item.lowerBound + 1]?.text == "."
    let name = item.lowerBound + (isQualified ? 2 : 0)
    guard item.contains(name), text[name]?.isName == true else { return nil }
    var found: [(DistanceExpression, Range<Int>)] = []
    for index in text.pieces.indices where index != own && text.pieces[index].text == "select" {
      guard let open = (0..<index).last(where: { text.closing($0).map { $0 > index } ?? false }),
        let close = text.closing(open),
        let entry = selected(name..<name + 1, from: index, to: close, in: text),
        let distance = DistanceExpression(in: text, entry)
      else { continue }
      found.append((distance, entry))
    }
    return found.count == 1 ? found[0] : nil
  }

  /// Whether the SELECT list has all columns of its sources.
  func takesAllColumns(in text: SQLPieces) -> Bool {
    let from = Self.word("from", after: select, before: start, in: text) ?? start
    return text.list(select + 1..<from).contains { text[$0.upperBound - 1]?.text == "*" }
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
