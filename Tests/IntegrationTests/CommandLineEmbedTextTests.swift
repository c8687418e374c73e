import Foundation
import TestSupport
import Testing
import TextEncoders

/// Vectors without a database: the URL is one that nobody serves.
@Suite("The command line: embed --text")
struct CommandLineEmbedTextTests {
  private struct Line: Decodable { let embedding: [Float] }

  private static let environment = ["DATABASE_URL": "postgresql://127.0.0.1:1/nowhere"]

  private func run(
    _ arguments: String...,
    environment: [String: String] = [:]
  ) async throws -> DBToolProcess.Outcome {
    try await DBToolProcess.run(
      ["embed"] + arguments,
      environment: Self.environment.merging(environment) { $1 },
      directory: PackageDirectory.path("")
    )
  }

  private func vectors(_ outcome: DBToolProcess.Outcome) throws -> [[Float]] {
    try #require(outcome.status == 0, "\(outcome)")
    return try outcome.stdout.split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8)).embedding
    }
  }

  /// The sums of a batch may round differently from those of one text.
  private func agree(_ found: [[Float]], _ expected: [[Float]]) -> Bool {
    found.count == expected.count
      && zip(found, expected).allSatisfy { one, other in
        one.count == other.count && zip(one, other).allSatisfy { abs($0 - $1) < 1e-5 }
      }
  }

  @Test func `a text, or none, has a vector of unit length`() async throws {
    let encoder = try BERTEncoder(folder: ModelFolder.miniLM)
    for text in ["A heist that goes wrong", "", "-5 degrees", "two\nlines", "日本"] {
      let outcome = try await run("--text=\(text)")
      #expect(outcome.stderr == "")
      let found = try vectors(outcome)
      #expect(agree(found, encoder.vectors(for: [text])), "\(text)")
    }
  }

  @Test func `a file's lines keep their order, whatever the workers do`() async throws {
    let texts = (0..<101).map { "line \($0) " + String(repeating: "word ", count: $0 % 17) }
    let scratch = try ScratchFolder()
    let file = try scratch.write("texts.txt", texts.joined(separator: "\n"))
    let expected = try BERTEncoder(folder: ModelFolder.miniLM).vectors(for: texts)
    for (batch, workers) in [("1", "4"), ("7", "3"), ("200", "1")] {
      let outcome = try await run(
        "--text-file",
        file,
        "--batch-size",
        batch,
        "--workers",
        workers
      )
      let found = try vectors(outcome)
      #expect(agree(found, expected))
    }
  }

  @Test func `lines end as they do on every system, and an empty one is a text`() async throws {
    let scratch = try ScratchFolder()
    let unix = try scratch.write("unix.txt", "a\n\nb\n")
    let windows = try scratch.write("windows.txt", "a\r\n\r\nb")
    let found = try vectors(try await run("--text-file", unix))
    #expect(found.count == 3)
    #expect(try vectors(try await run("--text-file", windows)) == found)
    #expect(try vectors(try await run("--text-file", "/dev/null")) == [])
  }

  @Test func `the prefix for queries is another text`() async throws {
    // Any model may stand in for e5_large as long as it is asked for by its folder.
    let from = "bert:" + ModelFolder.miniLM
    let passage = try await run("--encoder", "e5_large", "--from", from, "--text", "x")
    let query = try await run("--encoder", "e5_large", "--from", from, "--query", "--text", "x")
    let encoder = try BERTEncoder(folder: ModelFolder.miniLM)
    #expect(agree(try vectors(passage), encoder.vectors(for: ["passage: x"])))
    #expect(agree(try vectors(query), encoder.vectors(for: ["query: x"])))
  }

  @Test func `an older processor's instructions give the same vectors`() async throws {
    let expected = try vectors(try await run("--text", "A heist"))
    for set in InstructionSet.allCases {
      let found = try vectors(
        try await run("--text", "A heist", environment: ["DBTOOL_SIMD": set.rawValue])
      )
      #expect(agree(found, expected), "\(set)")
    }
    expectRefusal(
      try await run("--text", "x", environment: ["DBTOOL_SIMD": "mmx"]),
      78,
      says: "DBTOOL_SIMD",
      "avx2"
    )
  }

  @Test func `what cannot be embedded is refused`() async throws {
    let scratch = try ScratchFolder()
    let latin = try scratch.write("latin.txt", [0x63, 0x61, 0x66, 0xE9])
    expectRefusal(try await run("--text-file", latin), 65, says: "not UTF-8")
    expectRefusal(try await run("--text-file", "nosuch.txt"), 66, says: "nosuch.txt")
    expectRefusal(
      try await run("--encoder", "word2vec", "--text", "x"),
      66,
      says: "word2vec",
      "minilm"
    )
    expectRefusal(try await run("--encoder", "lexical", "--text", "x"), 64, says: "--text")
    expectRefusal(try await run("--text", "x", "--preview", "1"), 64, says: "do not go together")
    expectRefusal(
      try await run("--text", "x", environment: ["DBTOOL_MODELS": scratch.path]),
      69,
      says: "all-MiniLM-L6-v2",
      "DBTOOL_MODELS"
    )
    expectRefusal(
      try await run("--from", "bert:/nosuch/folder", "--text", "x"),
      69,
      says: "no folder folder"
    )
    expectRefusal(
      try await run("--from", "gpt:4", "--text", "x"),
      64,
      says: "gpt:4",
      "ollama:MODEL"
    )
    expectRefusal(
      try await run("--from", "openai:m", "--text", "x", environment: ["OPENAI_API_KEY": ""]),
      78,
      says: "OPENAI_API_KEY"
    )
  }
}
