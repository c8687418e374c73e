import PQClient

/// A connection URL or keyword string that somebody typed.
///
/// A password with a bare `@`, `/` or `%` makes libpq take a part of it for a host, a port or a database,
/// and name that part in its message. So whatever looks like that is refused before libpq sees it.
struct ConnectionText: Sendable {
  /// The text, which may hold a password.
  let text: String
  /// Where it stood, for messages.
  let source: String

  /// What libpq is given.
  var parameters: ConnectionParameters { ConnectionParameters(uri: text) }

  /// The text for people: parsed, without the password.
  var shown: String { isReadable ? parameters.description : "(unreadable)" }

  /// Refuses a text that libpq cannot read or would misread; the text itself is not repeated.
  ///
  /// - Throws: ``ActionError`` of category `usage`.
  func check() throws(ActionError) {
    guard !text.isEmpty else { throw ActionError(.usage, "\(source) is empty") }
    guard isReadable else {
      throw ActionError(
        .usage,
        "\(source): not a connection URL that can be read",
        detail: "write postgresql://user:password@host:5432/database, with libpq's parameters only",
        advice: "in a password, write %40 for @, %2F for /, %3A for : and %25 for %"
      )
    }
  }

  /// Whether libpq reads it, and as it is meant.
  var isReadable: Bool {
    guard let parsed = try? parameters.parsed() else { return false }
    guard text.contains("://") else {
      // A bare name is a database's; what looks like a URL without its beginning is none.
      return text.contains("=") || !text.contains { "@:/".contains($0) }
    }
    let ports = parsed["port"]?.split(separator: ",") ?? []
    return ports.allSatisfy { UInt16($0) != nil } && !hasStrayAt
  }

  /// Whether an `@` stands in the host, the port or the path: there it is written %40.
  private var hasStrayAt: Bool {
    guard let start = text.firstRange(of: "://")?.upperBound else { return false }
    var rest = text[start...]
    if let at = rest.firstIndex(of: "@"), !rest[..<at].contains("/") {
      rest = rest[rest.index(after: at)...]
    }
    return rest.prefix { $0 != "?" }.contains("@")
  }
}
