package import VectorSQL

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
