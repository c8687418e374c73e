import TestSupport
import Testing
import TextEncoders

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

@Suite("Encoders over HTTP: keys and passwords", .timeLimit(.minutes(10)))
struct HTTPSecretTests {
  static let key = "sk-proj-Ab12Cd34"
  static let password = "pa:ss w@rd"
  static let basic = Data("ann:\(password)".utf8).base64EncodedString()

  /// Servers that fail in every way, and repeat what they were sent.
  private static func replies(_ said: String) -> [Reply] {
    let other: [Reply] = [
      .silence.closing, .cut("{"), .endless(said + String(repeating: "1", count: 9999)),
      .ollama([[1]]), .openAI([(5, [1])]),
      .status(307, "", ["location": "http://ann:\(said)@127.0.0.1:1/\(said)"]),
      .status(429, said, ["retry-after": "1000"]), .json(#"{"error":"\#(said)"}"#),
      .json("<\(said)>"), .json(#"{"data":[{"\#(said)":1}]}"#), .json("\"\(said)"),
      Reply(parts: ["\(said)\r\n\r\n"]),
    ]
    let refusals = [304, 400, 401, 403, 404, 408, 413, 418, 422, 429, 500, 501, 503].flatMap {
      [
        Reply.status($0, said), .status($0, #"{"detail":"\#(said)"}"#),
        .status($0, #"{"error":{"message":"\#(said)","code":"\#(said)"}}"#),
        .status($0, #"{"error":"\#(String(repeating: "x", count: 190)) \#(said)"}"#),
      ]
    }
    return other + refusals
  }

  @Test("No error has them, whatever a server does", arguments: 0..<3)
  func errors(index: Int) async throws {
    let said = try Self.subjects("gpu")[index].secrets.joined(separator: ", ")
    for reply in Self.replies("you sent \(said)") {
      try await ScriptedServer.run { _, _ in
        reply
      } _: { _, host in
        let subject = try Self.subjects(host)[index]
        await Self.expectNone(of: subject.secrets) {
          _ = try await subject.encoder.vectors(for: ["a"])
        }
        await Self.expectNone(of: subject.secrets) { _ = try await subject.encoder.probe() }
      }
    }
  }

  @Test("No description has them, not even by reflection")
  func descriptions() throws {
    for subject in try Self.subjects("gpu:1") {
      let encoder = subject.encoder
      var dumped = ""
      dump(encoder, to: &dumped)
      for text in ["\(encoder)", String(reflecting: encoder), encoder.address, dumped] {
        #expect(!subject.secrets.contains { text.contains($0) }, "\(text)")
      }
    }
    let shown = try Self.subjects("gpu:1").map { "\($0.encoder)" }
    #expect(shown[0] == "minilm from Ollama at http://****@gpu:1")
    #expect(shown[1] == "minilm from the OpenAI API at http://gpu:1/v1")
  }

  @Test(
    "No setting that is refused is repeated",
    arguments: [
      "http://ann:\(password)", "http://ann:\(password)/@gpu", "ftp://ann:\(password)@gpu",
      "http://ann:\(password)@gpu:\(key)", "http://gpu/?key=\(key)", key + " " + password,
    ]
  )
  func settings(text: String) async {
    let environment = [
      "OLLAMA_HOST": text, "OPENAI_BASE_URL": text, "OPENAI_API_KEY": "\(Self.key)\n\(Self.key)",
    ]
    await Self.expectNone(of: [Self.key, Self.password]) {
      _ = try HTTPEncoder.ollama(model: "m", dimension: 3, environment: environment)
    }
    await Self.expectNone(of: [Self.key, Self.password]) {
      _ = try HTTPEncoder.openAI(model: "m", dimension: 3, environment: environment)
    }
  }

  /// An encoder, and what it must keep to itself.
  private struct Subject {
    let encoder: HTTPEncoder
    let secrets: [String]
  }

  /// Encoders with a password, with a key, and with both.
  private static func subjects(_ host: String) throws -> [Subject] {
    let user = "ann:pa%3Ass%20w%40rd@"
    let ollama = try HTTPEncoder.testOllama("http://\(user)\(host)")
    let openAI = try ["", user].map { user in
      try HTTPEncoder.testOpenAI(user + host, with: ["OPENAI_API_KEY": key])
    }
    return [
      Subject(encoder: ollama, secrets: [password, basic]),
      Subject(encoder: openAI[0], secrets: [key]),
      Subject(encoder: openAI[1], secrets: [key, password, basic]),
    ]
  }

  private static func expectNone(of secrets: [String], _ body: () async throws -> Void) async {
    do {
      try await body()
    } catch {
      var dumped = ""
      dump(error, to: &dumped)
      for text in ["\(error)", String(reflecting: error), dumped] {
        #expect(!secrets.contains { text.contains($0) }, "\(text)")
      }
    }
  }
}
