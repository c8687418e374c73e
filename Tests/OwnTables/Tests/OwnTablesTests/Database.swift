import Foundation
import PQClient

/// The shop's database, which `scripts/test-own-tables` has made.
enum Database {
  struct Missing: Error, CustomStringConvertible {
    let description = "set OWN_TABLES_URL, as scripts/test-own-tables does"
  }

  static func connect() throws -> PQConnection {
    guard let url = ProcessInfo.processInfo.environment["OWN_TABLES_URL"] else { throw Missing() }
    return try PQConnection(ConnectionParameters(uri: url))
  }
}
