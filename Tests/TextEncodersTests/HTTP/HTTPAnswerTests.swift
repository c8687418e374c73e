import TestSupport
import Testing
import TextEncoders

@Suite("Encoders over HTTP: answers that are no vectors", .timeLimit(.minutes(10)))
struct HTTPAnswerTests {
  /// An answer, and the end of the message that Ollama's encoder has for it.
  struct Wrong: Sendable, CustomTestStringConvertible {
    let reply: Reply
    let words: String
    var testDescription: String { words }

    init(_ reply: Reply, _ words: String) { (self.reply, self.words) = (reply, words) }
  }

  static let wrong = [
    Wrong(.status(200, ""), "answers with nothing"),
    Wrong(.json("<!DOCTYPE html><p>Hello"), "answers with a web page, not with JSON"),
    Wrong(
      .status(200, "Hello", ["content-type": "text/html"]),
      "answers with a web page, not with JSON"
    ),
    Wrong(.json("{\"embeddings\":[[1,2"), "answers with malformed JSON"),
    Wrong(
      .json("{\"embeddings\":[[1,2,3],[4,1e999,6]]}"),
      "answers with JSON that has a number that cannot be read in .embeddings[1]"
    ),
    Wrong(.json("{\"data\":[]}"), "answers with JSON that has no \"embeddings\""),
    Wrong(.json("[[1,2,3]]"), "answers with JSON that is no object"),
    Wrong(
      .json("{\"embeddings\":[[1,2,3],\"AACAPw==\"]}"),
      "answers with JSON that has something else in .embeddings[1]"
    ),
    Wrong(
      .json("{\"embeddings\":[[1,2,3],null]}"),
      "answers with JSON that has something else in .embeddings[1]"
    ),
    Wrong(
      .json("{\"error\":\"Unexpected endpoint (POST /api/embed)\"}"),
      "answers with an error: Unexpected endpoint (POST /api/embed)"
    ),
    Wrong(.ollama([[1, 2, 3]]), "gives 1 vectors for 2 texts"),
    Wrong(.ollama([]), "gives 0 vectors for 2 texts"),
    Wrong(.ollama([[1, 2, 3], [1, 2, 3], [1, 2, 3]]), "gives 3 vectors for 2 texts"),
    Wrong(.ollama([[1, 2, 3], [1, 2]]), "gives vectors of 3 and of 2 elements at once"),
    Wrong(.ollama([[1, 2, 3], []]), "gives vectors of 3 and of 0 elements at once"),
    Wrong(.json(String(repeating: "[", count: 60_000)), "answers with malformed JSON"),
  ]

  @Test("An answer that is wrong is bad data, at once", arguments: wrong)
  func wrongAnswer(_ wrong: Wrong) async throws {
    try await ScriptedServer.run { _, _ in
      wrong.reply
    } _: { server, host in
      let encoder = try HTTPEncoder.testOllama(host)
      await expectError(.badData, "Ollama at http://HOST \(wrong.words)", host: host) {
        try await encoder.vectors(for: ["a", "b"])
      }
      #expect(server.requests.count == 1)
    }
  }

  @Test("A word for what is no number is the fault of a text", arguments: ["NaN", "Infinity"])
  func notANumber(word: String) async throws {
    try await ScriptedServer.run { _, _ in
      .json("{\"embeddings\":[[1,-\(word),3],[4,5,6]]}")
    } _: { _, host in
      let encoder = try HTTPEncoder.testOllama(host)
      let words = "answers with malformed JSON: \(word) is no number there"
      await expectError(.text, "Ollama at http://HOST \(words)", host: host) {
        try await encoder.vectors(for: ["a", "b"])
      }
    }
  }

  static let wrongIndices = [
    Wrong(.openAI([(0, [1, 2, 3]), (0, [1, 2, 3])]), "gives two vectors the index 0"),
    Wrong(.openAI([(0, [1, 2, 3]), (2, [1, 2, 3])]), "gives a vector the index 2, of 2 texts"),
    Wrong(.openAI([(-1, [1, 2, 3]), (1, [1, 2, 3])]), "gives a vector the index -1, of 2 texts"),
    Wrong(.openAI([(1, [1, 2, 3])]), "gives 1 vectors for 2 texts"),
    Wrong(
      .json("{\"data\":[{\"embedding\":[1,2,3]},{\"embedding\":[1,2,3]}]}"),
      "answers with JSON that has no \"index\""
    ),
  ]

  @Test("An index that is wrong is bad data", arguments: wrongIndices)
  func wrongIndex(_ wrong: Wrong) async throws {
    try await ScriptedServer.run { _, _ in
      wrong.reply
    } _: { _, host in
      let encoder = try HTTPEncoder.testOpenAI(host)
      await expectError(.badData, "the OpenAI API at http://HOST/v1 \(wrong.words)", host: host) {
        try await encoder.vectors(for: ["a", "b"])
      }
    }
  }

  @Test("Another dimension is a matter of configuration, and both numbers are said")
  func otherDimension() async throws {
    try await ScriptedServer.run { _, _ in
      .ollama([[1, 2, 3], [4, 5, 6]])
    } _: { _, host in
      let encoder = try HTTPEncoder.testOllama(host, dimension: 384)
      await expectError(
        .configuration,
        "Ollama at http://HOST gives vectors of 3 elements with the model minilm;"
          + " the column wants 384",
        advice: "use a model with 384 elements, or a vector column with 3",
        host: host
      ) {
        try await encoder.vectors(for: ["a", "b"])
      }
    }
  }

  @Test("A body without end is read up to a limit that goes with the texts")
  func endless() async throws {
    try await ScriptedServer.run { _, _ in
      .endless(String(repeating: "1,", count: 4096))
    } _: { _, host in
      let encoder = try HTTPEncoder.testOllama(host)
      let limit = 65536 + 2 * 4096 * 40
      await expectError(
        .badData,
        "Ollama at http://HOST answers with more than \(limit) bytes",
        host: host
      ) {
        try await encoder.vectors(for: ["a", "b"])
      }
    }
  }
}
