import NIOHTTP1

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension HTTPEncoder {
  /// Reads the JSON of an answer, and says what is wrong with it where it is none.
  func decoded<Value>(
    _ answer: HTTPExchange.Answer,
    _ decode: (Data) throws -> Value
  ) throws(EncoderError) -> Value {
    do {
      return try decode(answer.body)
    } catch let bad as BadAnswer {
      throw failure(.badData, bad.words)
    } catch {
      // Some servers write so what is null elsewhere: the vector of one text spoils the others.
      if let word = Self.notANumber(error, answer) {
        throw failure(.text, "answers with malformed JSON: \(word) is no number there")
      }
      throw failure(
        .badData,
        reason(error, answer),
        advice: "see whether \(api.addressVariable) is right"
      )
    }
  }

  private func reason(_ error: any Error, _ answer: HTTPExchange.Answer) -> String {
    let type = answer.headers.first(name: "content-type") ?? ""
    let start = answer.body.first { !" \t\r\n".utf8.contains($0) }
    guard let start else { return "answers with nothing" }
    if start == UInt8(ascii: "<") || type.hasPrefix("text/html") {
      return "answers with a web page, not with JSON"
    }
    if let message = ServerMessage(json: answer.body) {
      return "answers with an error: \(message.text.shown(hiding: secrets))"
    }
    guard case .dataCorrupted? = error as? DecodingError else {
      return "answers with JSON that \(Self.lack(error))"
    }
    return "answers with malformed JSON"
  }

  private static func notANumber(_ error: any Error, _ answer: HTTPExchange.Answer) -> String? {
    guard case .dataCorrupted? = error as? DecodingError,
      answer.body.first(where: { !" \t\r\n".utf8.contains($0) }) == UInt8(ascii: "{")
    else { return nil }
    return ["NaN", "Infinity"].first { answer.body.firstRange(of: Data($0.utf8)) != nil }
  }

  private static func lack(_ error: any Error) -> String {
    switch error as? DecodingError {
    case .keyNotFound(let key, _): "has no \"\(key.stringValue)\""
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      context.codingPath.isEmpty ? "is no object" : "has something else in \(path(context))"
    default: "cannot be read"
    }
  }

  private static func path(_ context: DecodingError.Context) -> String {
    context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
  }
}
