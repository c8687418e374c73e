import TestSupport
import Testing
import TextEncoders

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

@Suite("Encoders over HTTP: requests and vectors", .timeLimit(.minutes(10)))
struct HTTPEncoderTests {
  private struct SentToOllama: Decodable, Equatable {
    let model: String
    let input: [String]
    let truncate: Bool?
  }

  private struct SentToOpenAI: Decodable, Equatable {
    let model: String
    let input: [String]
    let encoding_format: String
    let dimensions: Int?
  }

  @Test("Ollama is asked as its API says, and gives the vectors in order")
  func ollama() async throws {
    try await ScriptedServer.run { _, _ in
      .ollama([[1, 2, 3], [-0.5, 1e-7, 0]])
    } _: { server, host in
      let texts = ["a \"quoted\" text", "naïve\u{0}\n🎬"]
      let vectors = try await HTTPEncoder.testOllama(host).vectors(for: texts)
      #expect(vectors == [[1, 2, 3], [-0.5, 1e-7, 0]])
      let request = try #require(server.requests.first)
      #expect(request.method == "POST" && request.path == "/api/embed")
      #expect(request.contentType == "application/json")
      #expect(request.authorization == nil)
      let sent = try JSONDecoder().decode(SentToOllama.self, from: Data(request.body.utf8))
      #expect(sent == SentToOllama(model: "minilm", input: texts, truncate: nil))
    }
  }

  @Test("OpenAI's interface is asked with the key; its vectors come in any order")
  func openAI() async throws {
    try await ScriptedServer.run { _, _ in
      .openAI([(2, [7, 8, 9]), (0, [1, 2, 3]), (1, [4, 5, 6])])
    } _: { server, host in
      let encoder = try HTTPEncoder.testOpenAI(host, with: ["OPENAI_API_KEY": "sk-secret\n"])
      let vectors = try await encoder.vectors(for: ["a", "b", "c"])
      #expect(vectors == [[1, 2, 3], [4, 5, 6], [7, 8, 9]])
      let request = try #require(server.requests.first)
      #expect(request.method == "POST" && request.path == "/v1/embeddings")
      #expect(request.authorization == "Bearer sk-secret")
      let sent = try JSONDecoder().decode(SentToOpenAI.self, from: Data(request.body.utf8))
      let wanted = SentToOpenAI(
        model: "minilm",
        input: ["a", "b", "c"],
        encoding_format: "float",
        dimensions: nil
      )
      #expect(sent == wanted)
    }
  }

  @Test("Only models that can shorten their vectors are asked to")
  func dimensions() async throws {
    try await ScriptedServer.run { _, _ in
      .openAI([(0, [1, 2, 3])])
    } _: { server, host in
      let encoder = try HTTPEncoder.testOpenAI(host, model: "text-embedding-3-small")
      _ = try await encoder.vectors(for: ["a"])
      let body = Data(try #require(server.requests.first).body.utf8)
      #expect(try JSONDecoder().decode(SentToOpenAI.self, from: body).dimensions == 3)
      #expect(try #require(server.requests.first).authorization == nil)
    }
  }

  @Test("A user and password in the address are sent as Basic, instead of the key")
  func credentials() async throws {
    try await ScriptedServer.run { request, _ in
      request.path == "/api/embed" ? .ollama([[1, 2, 3]]) : .openAI([(0, [1, 2, 3])])
    } _: { server, host in
      _ = try await HTTPEncoder.testOllama("http://ann:p%40ss@\(host)").vectors(for: ["a"])
      let key = ["OPENAI_API_KEY": "sk-secret"]
      _ = try await HTTPEncoder.testOpenAI("ann:p%40ss@\(host)", with: key).vectors(for: ["a"])
      let sent = server.requests.map(\.authorization)
      let basic = "Basic \(Data("ann:p@ss".utf8).base64EncodedString())"
      #expect(sent == [basic, basic])
    }
  }

  @Test("No texts are no request")
  func noTexts() async throws {
    let vectors = try await HTTPEncoder.testOllama("127.0.0.1:1").vectors(for: [])
    #expect(vectors.isEmpty)
  }

  @Test("An answer may come in any pieces, with spaces and lines around it")
  func chunks() async throws {
    try await ScriptedServer.run { _, _ in
      .chunked([" {\"embeddings\": [[1.0,", "2e0", ",\n", "3]]", "}\r\n", "\n"])
    } _: { _, host in
      let vectors = try await HTTPEncoder.testOllama(host).vectors(for: ["a"])
      #expect(vectors == [[1, 2, 3]])
    }
  }

  @Test("A null is a NaN of its own vector")
  func null() async throws {
    try await ScriptedServer.run { _, _ in
      .json(#"{"embeddings":[[1,null,3],[4,5,6]]}"#)
    } _: { _, host in
      let vectors = try await HTTPEncoder.testOllama(host).vectors(for: ["a", "b"])
      #expect(vectors[0][0] == 1 && vectors[0][1].isNaN && vectors[0][2] == 3)
      #expect(vectors[1] == [4, 5, 6])
    }
  }

  @Test("Many calls run at once on one encoder, and the next ones on the same connections")
  func concurrency() async throws {
    let count = 20
    // Each is answered when all are there.
    let gate = Gate(count: count)
    try await ScriptedServer.run { _, number in
      if number <= count { await gate.arrive() }
      return .ollama([[1, 2, 3]])
    } _: { server, host in
      let encoder = try HTTPEncoder.testOllama(host)
      try await withThrowingTaskGroup { group in
        for _ in 0..<count {
          group.addTask { _ = try await encoder.vectors(for: ["a"]) }
        }
        try await group.waitForAll()
      }
      for _ in 0..<5 { _ = try await encoder.vectors(for: ["a"]) }
      #expect(server.requests.count == count + 5)
      // On a busy machine, the client may open one more than it needs.
      #expect(server.connections >= count && server.connections <= count + 1)
    }
  }
}
