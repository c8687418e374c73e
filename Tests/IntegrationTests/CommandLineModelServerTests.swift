import Foundation
import PQClient
import Synchronization
import TestSupport
import Testing
import VectorSQL

/// `embed` with a model that a server runs, which fails in the middle of the job.
@Suite("The command line: embed, with a model's server", .timeLimit(.minutes(30)))
struct CommandLineModelServerTests {
  @Test(.temporaryDatabase) func `a server that is not there is named, and nothing is written`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.seedMovies()
    let outcome = try await database.dbtool(
      "embed",
      "--encoder",
      "nomic",
      environment: ["OLLAMA_HOST": "127.0.0.1:1", "MAX_WORKERS": "2"]
    )
    expectRefusal(
      outcome,
      69,
      says: "Ollama at http://127.0.0.1:1 cannot be reached: connection refused",
      "ollama serve"
    )
    #expect(try database.written() == [0, 0])
  }

  /// What a server does to the one text that it cannot take.
  struct Poison: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let reason: String
    /// The answer to a request that has the text; nil where only the text's own vector is wrong.
    var refusal: Reply?
    var element: @Sendable (Float) -> String = { "\($0)" }

    static let all = [
      Poison(
        testDescription: "500, whatever else is in the request",
        reason: "answers 500 Internal Server Error: EOF, but embeds another text",
        refusal: .status(500, #"{"error":"EOF"}"#)
      ),
      Poison(
        testDescription: "500, since the vector has a NaN",
        reason: "unsupported value: NaN",
        refusal: .status(
          500,
          #"{"error":"failed to encode response: json: unsupported value: NaN"}"#
        )
      ),
      Poison(
        testDescription: "400, since the text is too long",
        reason: "the input length exceeds the context length",
        refusal: .status(400, #"{"error":"the input length exceeds the context length"}"#)
      ),
      Poison(testDescription: "a null", reason: "no usable vector", element: { _ in "null" }),
      Poison(testDescription: "zeros", reason: "a zero vector", element: { _ in "0" }),
      Poison(testDescription: "NaN", reason: "NaN is no number there", element: { _ in "NaN" }),
    ]

    func answer(_ request: ScriptedServer.Request) -> Reply {
      let texts = ModelServer.texts(request)
      guard texts.contains(where: { $0.contains("poison") }) else {
        return ModelServer.well(request)
      }
      if let refusal { return refusal }
      let vectors = texts.map { text in
        let elements = ModelServer.vector(text, dimension: 768)
          .map { text.contains("poison") ? element($0) : "\($0)" }
        return "[\(elements.joined(separator: ","))]"
      }
      return .json(#"{"embeddings":[\#(vectors.joined(separator: ","))]}"#)
    }
  }

  @Test(.temporaryDatabase, arguments: Poison.all)
  func `a text that the server cannot take fails its own row, and is tried again`(
    poison: Poison
  ) async throws {
    let database = try TestDatabase.current
    try await database.seedMovies()
    var db = try database.connect()
    try db.execute("UPDATE film SET description = 'A poison that no model takes' WHERE film_id = 7")
    try await ScriptedServer.run { request, _ in
      poison.answer(request)
    } _: { _, host in
      for (embedded, unchanged) in [(62, 0), (0, 62)] {
        let report = try #require(
          try await database.embed(
            "--encoder",
            "nomic",
            "--table",
            "film",
            "--batch-size",
            "16",
            status: 65,
            environment: ["OLLAMA_HOST": host]
          )["film"]
        )
        #expect(report.embedded == embedded && report.unchanged == unchanged)
        #expect(report.failed.map(\.key) == ["7"] && report.waiting == 0)
        #expect(report.failed.first?.reason.contains(poison.reason) == true, "\(report.failed)")
        #expect(try database.written() == [62, 62])
      }
      let shown = try await database.dbtool(
        "embed",
        "--encoder",
        "nomic",
        "--table",
        "film",
        environment: ["OLLAMA_HOST": host]
      )
      #expect(shown.status == 65 && shown.stderr.contains("dbtool: film 7: "), "\(shown)")
    }
    try await ScriptedServer.run { request, _ in
      ModelServer.well(request)
    } _: { _, host in
      let report = try await database.embed(
        "--encoder",
        "nomic",
        "--table",
        "film",
        environment: ["OLLAMA_HOST": host]
      )
      #expect(report["film"]?.embedded == 1 && report["film"]?.unchanged == 62)
    }
  }

  @Test(.temporaryDatabase) func `vectors of another dimension stop the job before any is written`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.seedMovies()
    try await ScriptedServer.run { request, _ in
      .ollama(ModelServer.texts(request).map { ModelServer.vector($0, dimension: 512) })
    } _: { _, host in
      let outcome = try await database.dbtool(
        "embed",
        "--encoder",
        "nomic",
        environment: ["OLLAMA_HOST": host]
      )
      expectRefusal(outcome, 78, says: "vectors of 512 elements", "the column wants 768")
      #expect(try database.written() == [0, 0])
    }
  }

  @Test(.temporaryDatabase)
  func `what was committed before the server died stays, and the next run does the rest`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.seedMovies()
    let index = "film_embedding_nomic_hnsw_cosine"
    let embed = { (host: String) async throws in
      try await database.dbtool(
        "embed",
        "--encoder",
        "nomic",
        "--table",
        "film",
        environment: ["OLLAMA_HOST": host, "MAX_WORKERS": "1", "EMBEDDING_BATCH_SIZE": "10"]
      )
    }
    try await ScriptedServer.run { request, _ in
      ModelServer.well(request)
    } _: { _, host in
      let first = try await embed(host)
      #expect(first.status == 0, "\(first)")
    }
    try await database.succeed("index", "use", "hnsw", "--table", "film", "--encoder", "nomic")
    var db = try database.connect()
    try db.execute("UPDATE film SET description = description || '!' WHERE description <> ''")

    try await ScriptedServer.run { request, number in
      number <= 3 ? ModelServer.well(request) : .silence.closing
    } _: { server, host in
      expectRefusal(
        try await embed(host),
        69,
        says: "closes the connection before its answer is complete (5 tries)"
      )
      #expect(server.requests.count == 8)
    }
    let done: Int = try db.query(
      """
      SELECT count(*) FROM film
      JOIN dbtool.embedding_state AS state ON state.row_key = film.film_id::text
      JOIN dbtool.embedding USING (embedding_id)
      WHERE table_name = 'film' AND encoder = 'nomic'
        AND state.text_hash = dbtool.text_hash(film.description)
      """
    ).scalar()
    // The rows that wait still have the vectors of their old texts: better than none.
    #expect(done == 30)
    #expect(try database.written() == [63, 30])

    try await ScriptedServer.run { request, _ in
      ModelServer.well(request)
    } _: { server, host in
      let outcome = try await embed(host)
      #expect(outcome.status == 0 && outcome.stdout.contains("film         33         30"))
      #expect(outcome.stdout.contains("built index \(index)"), "\(outcome)")
      // One of them sees whether the model is still the same.
      #expect(server.requests.map { ModelServer.texts($0).count } == [1, 10, 10, 10, 3])
    }
    #expect(try database.written() == [63, 63])
  }

  // MARK: A server that wants a key

  @Test(
    .temporaryDatabase,
    arguments: [
      (
        401, #"{"error":{"message":"Incorrect API key provided: KEY","code":"invalid_api_key"}}"#,
        77 as Int32, "see whether OPENAI_API_KEY is right"
      ),
      (
        404, #"{"error":{"message":"The model `x` does not exist","code":"model_not_found"}}"#, 66,
        "see which models the server has"
      ),
    ]
  )
  func `a key or a model that the server refuses ends the job, and the key is never shown`(
    status: Int,
    body: String,
    exit: Int32,
    advice: String
  ) async throws {
    let key = "sk-proj-Ab12Cd34Ef56"
    let database = try TestDatabase.current
    try await database.seedMovies()
    try await ScriptedServer.run { _, _ in
      .status(status, body.replacing("KEY", with: key))
    } _: { server, host in
      let environment = ["OPENAI_BASE_URL": "http://\(host)/v1", "OPENAI_API_KEY": key]
      for format in ["table", "json"] {
        let outcome = try await database.dbtool(
          "embed",
          "--encoder",
          "ada002",
          "--format",
          format,
          environment: environment
        )
        expectRefusal(outcome, exit, says: "answers \(status)", advice)
        #expect(!outcome.stderr.contains(key))
      }
      #expect(server.requests.allSatisfy { $0.authorization == "Bearer \(key)" })
    }
    #expect(try database.written(encoder: "ada002") == [0, 0])
  }

  @Test(.temporaryDatabase) func `a server that takes the key fills the column`() async throws {
    let database = try TestDatabase.current
    try await database.seedMovies()
    try await ScriptedServer.run { request, _ in
      .openAI(
        ModelServer.texts(request).enumerated().reversed()
          .map { (index: $0.offset, vector: ModelServer.vector($0.element, dimension: 1536)) }
      )
    } _: { server, host in
      let environment = ["OPENAI_BASE_URL": "http://\(host)/v1", "OPENAI_API_KEY": "sk-key"]
      let report = try await database.embed("--encoder", "ada002", environment: environment)
      #expect(report["film"]?.embedded == 63 && report["netflix_shows"]?.embedded == 159)
      #expect(server.requests.allSatisfy { $0.path == "/v1/embeddings" })
      // The order of an answer is by its numbers: a row is nearest to its own text.
      let found = try await database.dbtool(
        "search",
        "A poison that no model takes",
        "--encoder",
        "ada002",
        "--table",
        "film",
        environment: environment
      )
      #expect(found.status == 0, "\(found)")
    }
    var db = try database.connect()
    let row = try db.query("SELECT description, embedding_ada002 FROM film WHERE film_id = 5")[0]
    let vector: PGVector = try row["embedding_ada002"]
    let expected = ModelServer.vector(try row["description"], dimension: 1536)
    let cosine = zip(vector.elements, expected).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(cosine > 0.9999)
  }
}
