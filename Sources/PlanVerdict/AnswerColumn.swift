/// What a column of a statement's answer is made of, as far as the plan's root says.
package enum AnswerColumn: Sendable {
  /// A column of a table, as it is.
  case stored
  /// A distance, or what is computed from one.
  case distance
  /// Anything else.
  case computed
}

extension ExplainedStatement {
  /// What a column of the answer is.
  ///
  /// - Parameter place: Its number, from 0.
  /// - Returns: What it is made of.
  package func column(_ place: Int) -> AnswerColumn {
    guard let output = plan.output, output.indices.contains(place) else { return .computed }
    let text = SQLPieces(output[place])
    if DistanceExpression(in: text, 0..<text.count) != nil { return .distance }
    let scans = plan.all.filter { $0.relation != nil }
    switch text.count {
    // With one source alone nothing is qualified.
    case 1 where text[0]?.isName == true && !scans.isEmpty: return .stored
    case 3 where text[1]?.text == ".":
      let alias = text[0].map(SearchedColumn.unquoted)
      return scans.contains { $0.alias == alias } ? .stored : .computed
    default: return .computed
    }
  }
}
