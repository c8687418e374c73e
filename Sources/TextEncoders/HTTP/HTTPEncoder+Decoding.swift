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
      if let word = (error as? DecodingError)?.notANumber(in: answer.body) {
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
    return (error as? DecodingError)?.lack.map { "answers with JSON that \($0)" }
      ?? "answers with malformed JSON"
  }
}
