import NIOHTTP1

/// The bytes of an answer, in the parts in which they are sent.
public struct Reply: Sendable {
  /// The parts.
  public var parts: [String]
  /// The last part is repeated while anybody reads.
  public var isEndless: Bool
  /// The connection ends with it.
  public var isClosed = false

  /// Bytes, right or wrong.
  public init(parts: [String], isEndless: Bool = false) {
    self.parts = parts
    self.isEndless = isEndless
  }

  /// Nothing, ever.
  public static let silence = Reply(parts: [])

  /// This reply, and the end of the connection.
  public var closing: Reply {
    var copy = self
    copy.isClosed = true
    return copy
  }

  /// A status with a body.
  public static func status(
    _ status: Int,
    _ body: String,
    _ headers: [String: String] = [:]
  ) -> Reply {
    Reply(parts: [head(status, headers, "content-length: \(body.utf8.count)"), body])
  }

  /// 200 with JSON.
  public static func json(_ body: String) -> Reply {
    status(200, body, ["content-type": "application/json; charset=utf-8"])
  }

  /// 200 with a body in chunks.
  public static func chunked(_ parts: [String]) -> Reply {
    let chunks = parts.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }
    return Reply(parts: [head(200, [:], "transfer-encoding: chunked")] + chunks + ["0\r\n\r\n"])
  }

  /// 200 with a body that never ends.
  public static func endless(_ part: String) -> Reply {
    let chunk = "\(String(part.utf8.count, radix: 16))\r\n\(part)\r\n"
    return Reply(parts: [head(200, [:], "transfer-encoding: chunked"), chunk], isEndless: true)
  }

  /// 200 with the beginning of a body, and then the end of the connection.
  public static func cut(_ body: String) -> Reply {
    Reply(parts: [head(200, [:], "content-length: 100000"), body]).closing
  }

  /// Vectors as Ollama writes them.
  public static func ollama(_ vectors: [[Float]]) -> Reply {
    json(#"{"model":"m","embeddings":\#(vectors),"total_duration":14143917}"# + "\n")
  }

  /// Vectors as OpenAI writes them, in this order.
  public static func openAI(_ items: [(index: Int, vector: [Float])]) -> Reply {
    let data = items.map {
      #"{"object":"embedding","index":\#($0.index),"embedding":\#($0.vector)}"#
    }
    return json(#"{"object":"list","data":[\#(data.joined(separator: ","))],"model":"m"}"#)
  }

  private static func head(_ status: Int, _ headers: [String: String], _ framing: String) -> String
  {
    let lines = headers.map { "\($0.key): \($0.value)" } + [framing]
    let phrase = HTTPResponseStatus(statusCode: status).reasonPhrase
    return "HTTP/1.1 \(status) \(phrase)\r\n\(lines.joined(separator: "\r\n"))\r\n\r\n"
  }
}
