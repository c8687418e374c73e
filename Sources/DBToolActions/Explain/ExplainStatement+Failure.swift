import PQClient

extension ExplainStatement {
  /// An error of the statement itself, with its place where that counts from the text's own prefix.
  static func judged(
    _ error: PostgresError,
    prefix: String? = nil,
    in source: StatementSource?
  ) -> any Error {
    guard let state = error.sqlState else { return error }
    switch state {
    case .readOnlyTransaction:
      return ActionError(
        .badData,
        "\(source.map { $0.name + ": " } ?? "")the statement would write, and explain changes nothing",
        detail: error.message
      )
    case .queryCanceled where error.message.contains("statement timeout"):
      return ActionError(
        .tryAgain,
        "the statement was ended: \(error.message)",
        advice: "give it longer (--timeout SECONDS), or take the plan alone (--no-analyze)"
      )
    case .insufficientPrivilege: return error
    case _ where ["42", "22", "0A", "25", "21"].contains(state.conditionClass):
      guard let source else { return error }
      let position = prefix.flatMap { prefix in
        error.position.map { $0 - prefix.unicodeScalars.count }
      }
      return source.located(
        error.message,
        position: position,
        detail: error.hint ?? error.detail
      )
    default: return error
    }
  }
}
