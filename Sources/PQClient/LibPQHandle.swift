import CLibPQ
import VectorSQL

/// libpq's connection, with the checks that every call needs; nothing outside this target sees it.
struct LibPQHandle {
  let pointer: OpaquePointer

  /// The connection's last error as libpq words it, without the prefix and trailing newline.
  var lastMessage: String { Self.trimmed(String(cString: PQerrorMessage(pointer))) }

  var isBroken: Bool { PQstatus(pointer) == CONNECTION_BAD }

  /// A result that is no error, or the error that it is.
  func checked(_ result: OpaquePointer?) throws(PostgresError) -> PQResult {
    guard let result else { throw connectionError() }
    switch PQresultStatus(result) {
    case PGRES_BAD_RESPONSE, PGRES_FATAL_ERROR, PGRES_NONFATAL_ERROR:
      defer { PQclear(result) }
      throw error(of: result)
    default:
      return PQResult(adopting: result)
    }
  }

  func connectionError() -> PostgresError {
    PostgresError(isBroken ? .connection : .client, lastMessage)
  }

  /// The fields of an error result.
  func error(of result: OpaquePointer) -> PostgresError {
    func field(_ letter: Character) -> String? {
      guard let ascii = letter.asciiValue else { return nil }
      return PQresultErrorField(result, Int32(ascii)).map { String(cString: $0) }
    }
    guard let state = field("C") else {
      // libpq's own errors carry no SQLSTATE: the connection broke, or the protocol did.
      let text = Self.trimmed(String(cString: PQresultErrorMessage(result)))
      return PostgresError(isBroken ? .connection : .client, text.isEmpty ? lastMessage : text)
    }
    return PostgresError(
      isBroken ? .connection : .server,
      field("M") ?? "unknown error",
      sqlState: SQLState(rawValue: state),
      detail: field("D"),
      hint: field("H"),
      position: field("P").flatMap { Int($0) },
      objects: .init(
        schema: field("s"),
        table: field("t"),
        column: field("c"),
        constraint: field("n")
      ),
      context: field("W")
    )
  }

  /// Hands COPY data to libpq; false where the connection broke.
  func putCopyData(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let base = bytes.assumingMemoryBound(to: CChar.self).baseAddress
    return PQputCopyData(pointer, base, Int32(bytes.count)) == 1
  }

  static func trimmed(_ message: String) -> String {
    var text = message[...]
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}
