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
    let status = PQresultStatus(result)
    switch status {
    case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
      PQclear(result)
      abandonCopy(status)
      throw PostgresError(.client, "a COPY to or from the client has to run as one")
    case PGRES_BAD_RESPONSE, PGRES_FATAL_ERROR, PGRES_NONFATAL_ERROR:
      defer { PQclear(result) }
      throw error(of: result)
    default:
      return PQResult(adopting: result)
    }
  }

  func connectionError() -> PostgresError {
    PostgresError(isBroken ? .connection : .client, libpq: lastMessage)
  }

  /// Ends a COPY that nobody feeds or reads, so that the session can go on.
  private func abandonCopy(_ status: ExecStatusType) {
    var status = status
    while true {
      if status == PGRES_COPY_IN {
        guard PQputCopyEnd(pointer, "stopped by the client") == 1 else { return }
      } else if status == PGRES_COPY_OUT {
        var data: UnsafeMutablePointer<CChar>?
        while PQgetCopyData(pointer, &data, 0) > 0 { PQfreemem(data) }
      }
      guard let result = PQgetResult(pointer) else { return }
      status = PQresultStatus(result)
      PQclear(result)
    }
  }

  /// The fields of an error result.
  func error(of result: OpaquePointer) -> PostgresError {
    func field(_ letter: Character) -> String? {
      guard let ascii = letter.asciiValue else { return nil }
      return PQresultErrorField(result, Int32(ascii)).map { String(cString: $0) }
    }
    guard let state = field("C") else {
      // libpq's own errors carry no SQLSTATE: the connection broke, or the protocol did. What the
      // server said last before it hung up stands in the connection's message alone.
      let text = Self.trimmed(String(cString: PQresultErrorMessage(result)))
      return isBroken || text.isEmpty ? connectionError() : PostgresError(.client, libpq: text)
    }
    // A fatal error is the last that the server says before it hangs up.
    let isLast = isBroken || ["FATAL", "PANIC"].contains(field("V"))
    return PostgresError(
      isLast ? .connection : .server,
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

  /// Hands COPY data to libpq, which copies it, in pieces; false where the connection broke.
  func putCopyData(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let piece = 1 << 20
    var rest = bytes.assumingMemoryBound(to: CChar.self)[...]
    while !rest.isEmpty {
      let next = UnsafeBufferPointer(rebasing: rest.prefix(piece))
      guard PQputCopyData(pointer, next.baseAddress, Int32(next.count)) == 1 else { return false }
      rest = rest.dropFirst(piece)
    }
    return true
  }

  static func trimmed(_ message: String) -> String {
    var text = message[...]
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}
