/// Reads libpq's message about a failed connection, which comes without a SQLSTATE.
enum ConnectionFailure {
  private static let states: [(words: String, state: SQLState)] = [
    ("password authentication failed", .invalidPassword),
    ("no password supplied", .invalidPassword),
    ("Peer authentication failed", .invalidAuthorization),
    ("no pg_hba.conf entry", .invalidAuthorization),
    ("permission denied for database", .insufficientPrivilege),
  ]

  /// libpq gives the text alone (a field for the SQLSTATE came with version 18 only), so the few
  /// conditions that callers tell apart are read from the server's English words.
  static func error(_ message: String) -> PostgresError {
    PostgresError(.connection, libpq: message, sqlState: state(of: message))
  }

  private static func state(of message: String) -> SQLState? {
    if message.contains("database \""), message.contains("\" does not exist") {
      return .databaseMissing
    }
    if message.contains("role \""), message.contains("\" does not exist") {
      return .invalidAuthorization
    }
    return states.first { message.contains($0.words) }?.state
  }
}
