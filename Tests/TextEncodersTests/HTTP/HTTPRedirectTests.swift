import TestSupport
import Testing
import TextEncoders

@Suite("Encoders over HTTP: redirects", .timeLimit(.minutes(10)))
struct HTTPRedirectTests {
  @Test("A redirect is followed with body and key", arguments: [301, 302, 307, 308])
  func redirect(status: Int) async throws {
    try await ScriptedServer.run { request, _ in
      request.path == "/v1/embeddings"
        ? .status(status, "", ["location": "/other"]) : .openAI([(0, [1, 2, 3])])
    } _: { server, host in
      let encoder = try HTTPEncoder.testOpenAI(host, with: ["OPENAI_API_KEY": "sk-secret"])
      let vectors = try await encoder.vectors(for: ["a"])
      #expect(vectors == [[1, 2, 3]])
      #expect(server.requests.map(\.path) == ["/v1/embeddings", "/other"])
      #expect(server.requests.map(\.method) == ["POST", "POST"])
      #expect(Set(server.requests.map(\.body)).count == 1)
      #expect(server.requests.last?.authorization == "Bearer sk-secret")
    }
  }

  @Test("A redirect to another server does not take the key there, and a refusal there says why")
  func redirectElsewhere() async throws {
    try await ScriptedServer.run { _, _ in
      .status(401, "")
    } _: { other, otherHost in
      try await ScriptedServer.run { _, _ in
        .status(307, "", ["location": "http://u:p@\(otherHost)/v1/embeddings"])
      } _: { _, host in
        let encoder = try HTTPEncoder.testOpenAI(host, with: ["OPENAI_API_KEY": "sk-secret"])
        await expectError(
          .rights,
          "the OpenAI API at http://HOST/v1 answers 401 Unauthorized, redirected to \(otherHost)",
          advice: "credentials go to no other server; set OPENAI_BASE_URL to this one",
          host: host
        ) {
          try await encoder.vectors(for: ["a"])
        }
      }
      #expect(other.requests.count == 1)
      #expect(other.requests.allSatisfy { $0.authorization == nil })
    }
  }

  @Test("Redirects without end")
  func circle() async throws {
    try await ScriptedServer.run { request, number in
      .status(307, "", ["location": "/\(number)"])
    } _: { server, host in
      let encoder = try HTTPEncoder.testOllama(host)
      await expectError(
        .configuration,
        "Ollama at http://HOST redirects in a circle, or too often",
        advice: "set OLLAMA_HOST to where it leads",
        host: host
      ) {
        try await encoder.vectors(for: ["a"])
      }
      #expect(server.requests.count == 4)
    }
  }
}
