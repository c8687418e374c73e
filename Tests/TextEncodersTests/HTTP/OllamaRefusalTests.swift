import TestSupport
import Testing
import TextEncoders

@Suite("Encoders over HTTP: refusals of Ollama", .timeLimit(.minutes(10)))
struct OllamaRefusalTests {
  static let ofOllama = [
    Refusal(
      404,
      #"{"error":"model \"minilm\" not found, try pulling it first"}"#,
      .notFound,
      #"404 Not Found: model "minilm" not found, try pulling it first"#,
      advice: "ollama pull minilm"
    ),
    Refusal(
      404,
      "404 page not found",
      .notFound,
      "404 Not Found: 404 page not found",
      advice: "see whether OLLAMA_HOST is right"
    ),
    Refusal(
      400,
      #"{"error":"the input length exceeds the context length"}"#,
      .text,
      "400 Bad Request: the input length exceeds the context length"
    ),
    Refusal(
      500,
      #"{"error":"failed to encode response: json: unsupported value: NaN"}"#,
      .text,
      "500 Internal Server Error: failed to encode response: json: unsupported value: NaN"
    ),
    Refusal(
      400,
      #"{"error":"this model does not support embeddings"}"#,
      .configuration,
      "400 Bad Request: this model does not support embeddings"
    ),
    Refusal(
      401,
      "<html><h1>401 Authorization Required</h1></html>",
      .rights,
      "401 Unauthorized",
      advice: "if a proxy wants a password, write user:password@ before the host in OLLAMA_HOST"
    ),
    Refusal(304, "", .configuration, "304 Not Modified"),
    Refusal(
      405,
      "405 method not allowed",
      .unavailable,
      "405 Method Not Allowed: 405 method not allowed"
    ),
    Refusal(501, "", .unavailable, "501 Not Implemented"),
    Refusal(418, "[1]", .unavailable, "418 I'm a teapot"),
  ]

  @Test("Ollama's refusals", arguments: ofOllama)
  func ollama(_ refusal: Refusal) async throws {
    try await ScriptedServer.run { _, _ in
      .status(refusal.status, refusal.body)
    } _: { server, host in
      let encoder = try HTTPEncoder.testOllama(host)
      await expectError(
        refusal.kind,
        "Ollama at http://HOST answers \(refusal.words)",
        advice: refusal.advice,
        host: host
      ) {
        try await encoder.vectors(for: ["a"])
      }
      #expect(server.requests.count == 1)
    }
  }

  @Test("A refusal that is cut short is one all the same: its server had read enough")
  func cut() async throws {
    try await ScriptedServer.run { _, _ in
      Reply(parts: ["HTTP/1.1 413 Too Large\r\ncontent-length: 100\r\n\r\n", "<html>"]).closing
    } _: { server, host in
      let encoder = try HTTPEncoder.testOllama(host)
      await expectError(.text, "Ollama at http://HOST answers 413 Payload Too Large", host: host) {
        try await encoder.vectors(for: ["a"])
      }
      #expect(server.requests.count == 1)
    }
  }

  @Test("Of a refusal without end only the beginning is read")
  func endless() async throws {
    try await ScriptedServer.run { _, _ in
      let head = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n"
      return Reply(parts: [head, String(repeating: "too long ", count: 500)], isEndless: true)
    } _: { _, host in
      let encoder = try HTTPEncoder.testOllama(host)
      let words = String(repeating: "too long ", count: 23).prefix(199)
      let message = "Ollama at http://HOST answers 400 Bad Request: \(words)…"
      await expectError(.text, message, host: host) { try await encoder.vectors(for: ["a"]) }
    }
  }
}
