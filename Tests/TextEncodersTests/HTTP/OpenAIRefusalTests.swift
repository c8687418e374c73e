import TestSupport
import Testing
import TextEncoders

@Suite("Encoders over HTTP: refusals of OpenAI", .timeLimit(.minutes(10)))
struct OpenAIRefusalTests {
  static let ofOpenAI = [
    Refusal(
      401,
      #"{"error":{"message":"Incorrect API key provided.","code":"invalid_api_key"}}"#,
      .rights,
      "401 Unauthorized: Incorrect API key provided.",
      advice: "see whether OPENAI_API_KEY is right, and may use this model"
    ),
    Refusal(
      403,
      #"{"error":{"message":"Project has no access to model minilm","type":"x"}}"#,
      .rights,
      "403 Forbidden: Project has no access to model minilm"
    ),
    Refusal(
      429,
      #"{"error":{"message":"You exceeded your quota","code":"insufficient_quota"}}"#,
      .rights,
      "429 Too Many Requests: You exceeded your quota",
      advice: "the account has nothing left to spend; waiting does not help"
    ),
    Refusal(
      404,
      #"{"object":"error","message":"The model `minilm` does not exist.","code":404}"#,
      .notFound,
      "404 Not Found: The model `minilm` does not exist.",
      advice: "see which models the server has; OPENAI_BASE_URL says which server"
    ),
    Refusal(
      404,
      #"{"detail":"Not Found"}"#,
      .notFound,
      "404 Not Found: Not Found",
      advice: "see whether OPENAI_BASE_URL is right"
    ),
    Refusal(
      400,
      #"{"error":{"message":"Too large.","type":"invalid_request_error","param":"dimensions"}}"#,
      .configuration,
      "400 Bad Request: Too large."
    ),
    Refusal(
      422,
      #"{"detail":[{"loc":["body","input"],"msg":"at most 8192 items"},{"msg":"b"}]}"#,
      .text,
      "422 Unprocessable Entity: at most 8192 items"
    ),
    Refusal(413, "<html>Too Large</html>", .text, "413 Payload Too Large"),
    Refusal(
      400,
      #"{"error":"two\nlines\u001b[31m \#(String(repeating: "x", count: 300))"}"#,
      .text,
      "400 Bad Request: two lines [31m \(String(repeating: "x", count: 184))…"
    ),
  ]

  @Test("Refusals in OpenAI's interface", arguments: ofOpenAI)
  func openAI(_ refusal: Refusal) async throws {
    try await ScriptedServer.run { _, _ in
      .status(refusal.status, refusal.body)
    } _: { server, host in
      let encoder = try HTTPEncoder.testOpenAI(host, with: ["OPENAI_API_KEY": "sk-secret"])
      await expectError(
        refusal.kind,
        "the OpenAI API at http://HOST/v1 answers \(refusal.words)",
        advice: refusal.advice,
        host: host
      ) {
        try await encoder.vectors(for: ["a"])
      }
      #expect(server.requests.count == 1)
    }
  }

  @Test("Without a key, the variable to set is named")
  func missingKey() async throws {
    try await ScriptedServer.run { _, _ in
      .status(401, #"{"error":"who are you?"}"#)
    } _: { _, host in
      let encoder = try HTTPEncoder.testOpenAI(host)
      await expectError(
        .rights,
        "the OpenAI API at http://HOST/v1 answers 401 Unauthorized: who are you?",
        advice: "set OPENAI_API_KEY",
        host: host
      ) {
        try await encoder.vectors(for: ["a"])
      }
    }
  }
}
