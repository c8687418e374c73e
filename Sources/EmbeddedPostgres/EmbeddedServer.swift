/// A server that accepts connections, on a socket that its owner and root alone can reach.
public struct EmbeddedServer: Sendable, Hashable {
  /// The process id of the postmaster.
  public let processID: Int32
  /// The server's major version, such as 18.
  public let major: Int
  /// The directory of its programs, as readable for the caller.
  public let binDirectory: String
  /// The directory of its data.
  public let dataDirectory: String
  /// The directory of its socket.
  public let socketDirectory: String
  /// The file that it writes its messages to.
  public let logFile: String

  /// The path of one of its programs, such as `psql`.
  public func program(_ name: String) -> String { binDirectory + "/" + name }

  /// The same as a URL, for programs that are told where to connect.
  public func url(database: String) -> String {
    let plain: Set<Character> = Set(
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/"
    )
    let escaped = [database, socketDirectory].map { text in
      text.utf8.map { byte in
        let character = Character(UnicodeScalar(byte))
        return byte < 128 && plain.contains(character)
          ? String(character) : "%" + String(256 + Int(byte), radix: 16).dropFirst().uppercased()
      }
      .joined()
    }
    return "postgresql:///\(escaped[0])?host=\(escaped[1])&user=postgres"
  }

  /// libpq's parameters for a connection as superuser; there is no password.
  public func connectionParameters(database: String = "postgres") -> [String: String] {
    ["host": socketDirectory, "port": "5432", "user": "postgres", "dbname": database]
  }
}
