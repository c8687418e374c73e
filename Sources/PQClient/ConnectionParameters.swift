import CLibPQ

/// Where to connect: libpq's keywords, or a URI that libpq reads.
///
/// What is left out comes from the `PG*` variables, the service file and the password file, as with
/// psql, because libpq itself looks there.
public struct ConnectionParameters: Sendable, Hashable, CustomStringConvertible {
  /// libpq's keywords and their values; `dbname` may hold a whole URI or keyword string.
  public private(set) var keywords: [String: String]

  /// libpq's keywords, for example `["host": "/run/postgresql", "dbname": "shop"]`.
  public init(_ keywords: [String: String] = [:]) { self.keywords = keywords }

  /// A URI such as `postgresql://user@host/database`, or a keyword string.
  public init(uri: String) { keywords = ["dbname": uri] }

  /// These parameters with one replaced, whatever a URI says about it.
  public func setting(_ keyword: String, to value: String) -> ConnectionParameters {
    var copy = self
    // The name of another database does not replace the URI that says where the server is.
    if keyword == "dbname", let parsed = try? parsed() { copy.keywords = parsed }
    copy.keywords[keyword] = value
    return copy
  }

  /// What libpq makes of a URI or keyword string; keywords that were set beside it count more.
  ///
  /// - Throws: ``PostgresError`` where libpq cannot read it; the text, which may hold a password, is
  ///   not repeated.
  public func parsed() throws(PostgresError) -> [String: String] {
    guard let text = keywords["dbname"], text.contains("=") || text.contains("://") else {
      return keywords
    }
    var message: UnsafeMutablePointer<CChar>?
    guard let options = PQconninfoParse(text, &message) else {
      PQfreemem(message)
      throw PostgresError(.client, "the connection string is not one that libpq can read")
    }
    defer { PQconninfoFree(options) }
    var out = keywords
    out["dbname"] = nil
    var option = options
    while let keyword = option.pointee.keyword {
      let name = String(cString: keyword)
      if let value = option.pointee.val, out[name] == nil { out[name] = String(cString: value) }
      option += 1
    }
    return out
  }

  /// The parameters with the password masked.
  public var description: String {
    guard let parsed = try? parsed() else { return "(unreadable connection string)" }
    return parsed.sorted { $0.key < $1.key }
      .map { "\($0.key)=\(Self.secrets.contains($0.key) ? "****" : $0.value)" }
      .joined(separator: " ")
  }

  /// The keywords whose values are never printed.
  public static let secrets: Set<String> = ["password", "sslpassword", "oauth_client_secret"]
}
