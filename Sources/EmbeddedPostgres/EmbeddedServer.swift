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

  /// libpq's parameters for a connection as superuser; there is no password.
  public func connectionParameters(database: String = "postgres") -> [String: String] {
    ["host": socketDirectory, "port": "5432", "user": "postgres", "dbname": database]
  }
}
