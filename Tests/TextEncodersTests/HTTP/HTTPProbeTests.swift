import TestSupport
import Testing
import TextEncoders

@Suite("Encoders over HTTP: probing a server", .timeLimit(.minutes(10)))
struct HTTPProbeTests {
  @Test(
    "Ollama's list of models",
    arguments: [("minilm", true), ("minilm:latest", true), ("minilm:33m", false), ("bge", false)]
  )
  func ollama(listed: String, hasModel: Bool) async throws {
    try await ScriptedServer.run { _, _ in
      .json(#"{"models":[{"name":"x:1b","size":1},{"name":"\#(listed)"}]}"#)
    } _: { server, host in
      var encoder = try HTTPEncoder.testOllama(host)
      encoder.probeTimeout = .seconds(30)
      let state = try await encoder.probe()
      #expect(state.hasModel == hasModel)
      #expect(server.requests.map(\.path) == ["/api/tags"])
      #expect(server.requests.map(\.method) == ["GET"])
    }
  }

  @Test(
    "An OpenAI-compatible server, with a list and without",
    arguments: [
      (200, #"{"data":[{"id":"minilm"}]}"#, true), (200, #"{"data":[{"id":"bge"}]}"#, false),
      (404, "", nil), (405, "", nil), (501, "", nil),
    ] as [(Int, String, Bool?)]
  )
  func openAI(status: Int, body: String, hasModel: Bool?) async throws {
    try await ScriptedServer.run { _, _ in
      .status(status, body)
    } _: { server, host in
      var encoder = try HTTPEncoder.testOpenAI(host, with: ["OPENAI_API_KEY": "sk-secret"])
      encoder.probeTimeout = .seconds(30)
      let state = try await encoder.probe()
      #expect(state.hasModel == hasModel)
      #expect(server.requests.map(\.path) == ["/v1/models"])
      #expect(server.requests.first?.authorization == "Bearer sk-secret")
    }
  }

  @Test(
    "What fails is named, after one try",
    arguments: [
      (
        Reply.status(503, "loading"), EncoderError.Kind.unavailable,
        "answers 503 Service Unavailable: loading"
      ),
      (.status(404, "404 page not found"), .notFound, "answers 404 Not Found: 404 page not found"),
      (.status(403, ""), .rights, "answers 403 Forbidden"),
      (.json("<html>"), .badData, "answers with a web page, not with JSON"),
      (.json("{}"), .badData, "answers with JSON that has no \"models\""),
      (.silence, .unavailable, "has not answered within 30 ms"),
      (.silence.closing, .unavailable, "closes the connection before its answer is complete"),
    ]
  )
  func failure(reply: Reply, kind: EncoderError.Kind, words: String) async throws {
    try await ScriptedServer.run { _, _ in
      reply
    } _: { server, host in
      var encoder = try HTTPEncoder.testOllama(host)
      #expect(encoder.probeTimeout == .seconds(2))
      encoder.probeTimeout = .milliseconds(30)
      if !reply.parts.isEmpty || reply.isClosed { encoder.probeTimeout = .seconds(30) }
      await expectError(kind, "Ollama at http://HOST \(words)", host: host) {
        try await encoder.probe()
      }
      #expect(server.requests.count <= 1)
    }
  }

  @Test("A server that is not there")
  func refused() async throws {
    let encoder = try HTTPEncoder.testOpenAI("127.0.0.1:1")
    await expectError(
      .unavailable,
      "the OpenAI API at http://127.0.0.1:1/v1 cannot be reached: connection refused",
      advice: "OPENAI_BASE_URL says where it is; most servers want /v1 at its end"
    ) {
      try await encoder.probe()
    }
  }
}
