import PQClient

/// Turns what the server said into what the user needs to know.
enum MigrationFailure {
  /// A failure that is not about a statement of a file.
  static func error(_ failure: PostgresError, doing what: String) -> MigrationError {
    var error = MigrationError(
      category(of: failure),
      "\(what): \(failure.message)",
      detail: failure.detailAndHint,
      advice: advice(for: failure)
    )
    error.postgres = failure
    return error
  }

  /// A statement of a file that failed.
  static func error(
    _ failure: PostgresError,
    in statement: ScriptStatement,
    of source: SourceText
  ) -> MigrationError {
    var error = MigrationError(
      category(of: failure),
      failure.message,
      detail: failure.detailAndHint,
      advice: advice(for: failure)
    )
    error.postgres = failure
    error.place = place(of: failure, in: statement, of: source)
    if statement.copyData != nil, let row = failure.context?.firstLine {
      error.detail = [row, failure.detailAndHint].compactMap(\.self).joined(separator: " ")
    }
    return error
  }

  private static func place(
    of failure: PostgresError,
    in statement: ScriptStatement,
    of source: SourceText
  ) -> MigrationError.Place {
    var place = MigrationError.Place(
      file: source.name,
      location: source.location(of: statement.sql.lowerBound)
    )
    if let position = failure.position {
      let offset = source.offset(ofCharacter: position, in: statement.sql)
      place.location = source.location(of: offset)
      place.excerpt = source.excerpt(at: offset)
    } else if let rows = statement.copyData, let number = failure.copyLine {
      let first = source.location(of: rows.lowerBound)
      place.location = SourceLocation(line: first.line + number - 1, column: 1)
    }
    return place
  }

  static func category(of failure: PostgresError) -> MigrationError.Category {
    if failure.endsTheSession { return .unreachable }
    guard let state = failure.sqlState else { return .badData }
    if failure.isAboutMissingExtension { return .configuration }
    switch state {
    case .insufficientPrivilege, .invalidAuthorization, .invalidPassword: return .rights
    case .lockNotAvailable, .deadlockDetected, .queryCanceled: return .tryAgain
    case .readOnlyTransaction: return .configuration
    default: break
    }
    switch state.conditionClass {
    case "40", "53", "57": return .tryAgain
    default: return .badData
    }
  }

  private static func advice(for failure: PostgresError) -> String? {
    if failure.endsTheSession { return "Run again: what has committed is recorded." }
    if failure.isAboutMissingExtension {
      return "Install the extension's files on the server, then run again."
    }
    switch failure.sqlState {
    case SQLState.insufficientPrivilege where failure.message.contains("extension"):
      return "The extension is not a trusted one: have a superuser run CREATE EXTENSION in this"
        + " database once; the migration's IF NOT EXISTS then passes it over."
    case SQLState.insufficientPrivilege:
      return "Ask the owner for the right, or connect as another role."
    case SQLState(rawValue: "25001"):
      return "Give it a file of its own with '-- migrate:up transaction:false'."
    case SQLState.readOnlyTransaction:
      return "Connect to the primary."
    default:
      return nil
    }
  }
}

extension PostgresError {
  var detailAndHint: String? {
    let lines = [detail, hint].compactMap(\.self)
    return lines.isEmpty ? nil : lines.joined(separator: " ")
  }

  /// The connection is gone, or the server says that it is about to go.
  fileprivate var endsTheSession: Bool {
    origin == .connection || sqlState?.conditionClass == "08"
      || sqlState?.rawValue.hasPrefix("57P") == true
  }

  /// CREATE EXTENSION of what the server does not have.
  fileprivate var isAboutMissingExtension: Bool {
    sqlState == .undefinedFile && message.contains("extension")
      || sqlState == .featureNotSupported && message.contains("extension")
        && message.contains("is not available")
  }

  /// The row of COPY's data that the server was reading, from 1.
  fileprivate var copyLine: Int? {
    guard let context = context?.firstLine, context.hasPrefix("COPY "),
      let range = context.firstRange(of: ", line ")
    else { return nil }
    return Int(context[range.upperBound...].prefix { $0.isNumber })
  }
}

extension String {
  fileprivate var firstLine: String? { split(whereSeparator: \.isNewline).first.map(String.init) }
}
