import VectorSQL

/// What the server, libpq or this client says went wrong; never a bound value, never a password.
public struct PostgresError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Who refused.
  public enum Origin: Sendable, Hashable {
    /// The server, with a SQLSTATE.
    case server
    /// No connection could be made, or it broke.
    case connection
    /// This client, before anything was sent, or while reading what came back.
    case client
  }

  /// Who refused.
  public let origin: Origin
  /// The server's classification; nil for what it did not say.
  public let sqlState: SQLState?
  /// The primary message: one line, without `ERROR:`.
  public let message: String
  /// The server's detail.
  public let detail: String?
  /// The server's hint.
  public let hint: String?
  /// Where in the statement, counted in characters from 1.
  public let position: Int?
  /// The schema, table, column or constraint that the error is about, as far as the server says.
  public let objects: Objects
  /// The call stack of the server's functions (`CONTEXT`).
  public let context: String?

  /// The objects that an error names.
  public struct Objects: Sendable, Hashable {
    /// The schema's name.
    public var schema: String?
    /// The table's name.
    public var table: String?
    /// The column's name.
    public var column: String?
    /// The constraint's name.
    public var constraint: String?
  }

  init(
    _ origin: Origin,
    _ message: String,
    sqlState: SQLState? = nil,
    detail: String? = nil,
    hint: String? = nil,
    position: Int? = nil,
    objects: Objects = Objects(),
    context: String? = nil
  ) {
    self.origin = origin
    self.message = message
    self.sqlState = sqlState
    self.detail = detail
    self.hint = hint
    self.position = position
    self.objects = objects
    self.context = context
  }

  /// libpq's own text may run over several lines: the first is the message, the rest the detail.
  init(_ origin: Origin, libpq text: String, sqlState: SQLState? = nil) {
    let lines = text.split(whereSeparator: \.isNewline)
      .map { String($0.trimmingPrefix(while: \.isWhitespace)) }
    self.init(
      origin,
      lines.first.map { String($0.trimmingPrefix("FATAL:  ")) } ?? "unknown error",
      sqlState: sqlState,
      detail: lines.count > 1 ? lines.dropFirst().joined(separator: " ") : nil
    )
  }

  init(_ error: SQLValueError) { self.init(.client, error.description) }

  /// Message, SQLSTATE, detail and hint, a line each.
  public var description: String {
    var lines = [message + (sqlState.map { " (SQLSTATE \($0))" } ?? "")]
    if let detail { lines.append("DETAIL: " + detail) }
    if let hint { lines.append("HINT: " + hint) }
    return lines.joined(separator: "\n")
  }
}
