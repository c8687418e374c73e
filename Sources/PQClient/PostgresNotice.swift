import CLibPQ

/// Something that the server said while it worked: a NOTICE, a WARNING.
public struct PostgresNotice: Sendable, Hashable, CustomStringConvertible {
  /// `NOTICE`, `WARNING`, `INFO`, `LOG` or `DEBUG`, whatever the server's language.
  public let severity: String
  /// The message.
  public let message: String
  /// The server's classification.
  public let sqlState: SQLState?

  /// As psql prints it.
  public var description: String { "\(severity):  \(message)" }
}

/// Gathers notices from libpq's callback, which may hold no Swift context of its own.
final class NoticeCollector {
  private var notices: [PostgresNotice] = []

  /// The connection keeps an unowned pointer; its owner keeps this object as long.
  func attach(to connection: OpaquePointer) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    PQsetNoticeReceiver(
      connection,
      { context, result in
        guard let context, let result else { return }
        Unmanaged<NoticeCollector>.fromOpaque(context).takeUnretainedValue().add(result)
      },
      context
    )
  }

  func take() -> [PostgresNotice] {
    defer { notices = [] }
    return notices
  }

  private func add(_ result: OpaquePointer) {
    func field(_ letter: UInt8) -> String? {
      PQresultErrorField(result, Int32(letter)).map { String(cString: $0) }
    }
    notices.append(
      PostgresNotice(
        severity: field(UInt8(ascii: "V")) ?? "NOTICE",
        message: field(UInt8(ascii: "M")) ?? "",
        sqlState: field(UInt8(ascii: "C")).map(SQLState.init)
      )
    )
  }
}
