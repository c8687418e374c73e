#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a server says about a failure, in any of the shapes that such servers use:
/// `{"error": {"message", "code", "param"}}`, `{"error": "…"}`, `{"detail": …}`, `{"message": …}`.
struct ServerMessage: Decodable {
  /// The words.
  let text: String
  /// A word for programs.
  let code: String?
  /// The member of the request that is to blame.
  let parameter: String?

  private enum Key: CodingKey {
    case error, detail, message, msg, code, type, param
  }

  init(from decoder: any Decoder) throws {
    let root = try decoder.container(keyedBy: Key.self)
    let inner = try? root.nestedContainer(keyedBy: Key.self, forKey: .error)
    let fields = inner ?? root
    // FastAPI lists what it finds wrong with a request.
    var details = try? root.nestedUnkeyedContainer(forKey: .detail)
    let detail = try? details?.nestedContainer(keyedBy: Key.self)
    let texts = [
      try? fields.decode(String.self, forKey: .message),
      try? root.decode(String.self, forKey: .error),
      try? root.decode(String.self, forKey: .detail),
      try? detail?.decode(String.self, forKey: .msg),
    ]
    guard let text = texts.compactMap(\.self).first else {
      throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "no message"))
    }
    self.text = text
    // Some servers have numbers here.
    code =
      (try? fields.decode(String.self, forKey: .code))
      ?? (try? fields.decode(String.self, forKey: .type))
    parameter = try? fields.decode(String.self, forKey: .param)
  }

  /// Reads JSON.
  ///
  /// - Returns: nil where it is none, or has no message.
  init?(json body: Data) {
    guard let message = try? JSONDecoder().decode(ServerMessage.self, from: body) else {
      return nil
    }
    self = message
  }

  /// Reads the body of an answer that reports a failure: JSON, or plain text.
  ///
  /// - Returns: nil for a web page, for nothing, and for JSON without a message.
  init?(_ body: Data) {
    if let message = ServerMessage(json: body) {
      self = message
      return
    }
    let text = String(decoding: body, as: UTF8.self).trimming(\.isWhitespace)
    guard let first = text.first, !"<{[".contains(first) else { return nil }
    self.text = String(text)
    code = nil
    parameter = nil
  }
}
