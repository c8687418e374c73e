import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("The command line: settings of models", .timeLimit(.minutes(30)))
struct CommandLineModelSettingsTests {
  @Test(.temporaryDatabase, arguments: [true, false])
  func `address, batch and workers come from the environment, and from .env behind it`(
    isFile: Bool
  ) async throws {
    let database = try TestDatabase.current
    try await database.seedMovies()
    let gate = Gate(count: 3)
    let flight = Mutex((now: 0, most: 0))
    try await ScriptedServer.run { request, number in
      flight.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
      // The first three are answered when all of them are there.
      if number <= 3 { await gate.arrive() }
      flight.withLock { $0.now -= 1 }
      return ModelServer.well(request)
    } _: { server, host in
      let folder = try ScratchFolder()
      try folder.write("dbtool.json", "{}")
      let settings = ["OLLAMA_HOST": host, "EMBEDDING_BATCH_SIZE": "10", "MAX_WORKERS": "3"]
      let lines = settings.map { "\($0.key)=\($0.value)\n" }.joined()
      let wrong = "OLLAMA_HOST=127.0.0.1:1\nEMBEDDING_BATCH_SIZE=many\nMAX_WORKERS=0\n"
      try folder.write(".env", isFile ? lines : wrong)
      let report = try await database.embed(
        "--encoder",
        "nomic",
        "--table",
        "film",
        environment: isFile ? [:] : settings,
        directory: folder.path
      )
      #expect(report["film"]?.embedded == 63)
      #expect(
        server.requests.map { ModelServer.texts($0).count }.sorted() == [3, 10, 10, 10, 10, 10, 10]
      )
      #expect(server.requests.allSatisfy { $0.path == "/api/embed" })
      #expect(server.requests.allSatisfy { $0.body.contains("search_document: ") })
      #expect(flight.withLock { $0.most } == 3)

      // An option comes before both.
      let forced = try await database.embed(
        "--encoder",
        "nomic",
        "--table",
        "film",
        "--force",
        "--batch-size",
        "63",
        environment: isFile ? [:] : settings,
        directory: folder.path
      )
      #expect(forced["film"]?.embedded == 63)
      #expect(server.requests.last.map { ModelServer.texts($0).count } == 63)
    }
  }

  @Test(
    .temporaryDatabase,
    arguments: [
      ("EMBEDDING_BATCH_SIZE", "0"), ("EMBEDDING_BATCH_SIZE", "2001"),
      ("EMBEDDING_BATCH_SIZE", "many"), ("MAX_WORKERS", "-1"), ("MAX_WORKERS", "65"),
      ("MAX_WORKERS", "1.5"), ("OLLAMA_TIMEOUT", "soon"), ("OLLAMA_HOST", "gpu:port"),
    ]
  )
  func `a setting that makes no sense is refused by its name, wherever it stands`(
    name: String,
    value: String
  ) async throws {
    let database = try TestDatabase.current
    try await database.seedMovies()
    let folder = try ScratchFolder()
    try folder.write("dbtool.json", "{}")
    let embed = { (environment: [String: String]) async throws in
      try await database.dbtool(
        "embed",
        "--encoder",
        "nomic",
        environment: environment,
        directory: folder.path
      )
    }
    expectRefusal(try await embed([name: value]), 78, says: name)
    try folder.write(".env", "\(name)=\(value)\n")
    expectRefusal(try await embed([:]), 78, says: name)
    #expect(try database.written() == [0, 0])
  }

  @Test func `ollama alone is the model of OLLAMA_EMBEDDING_MODEL`() async throws {
    try await ScriptedServer.run { request, _ in
      ModelServer.well(request)
    } _: { server, host in
      let embed = { (model: String) in
        try await DBToolProcess.run(
          ["embed", "--from", "ollama", "--text", "x"],
          environment: ["OLLAMA_HOST": host, "OLLAMA_EMBEDDING_MODEL": model]
        )
      }
      #expect(try await embed("bge-m3").status == 0)
      #expect(server.requests.map(\.body).allSatisfy { $0.contains("bge-m3") })
      #expect(server.requests.count == 1)
      expectRefusal(try await embed(""), 64, says: "OLLAMA_EMBEDDING_MODEL")
      #expect(server.requests.count == 1)
    }
  }

  @Test func `config shows the settings of models, and no key or password`() async throws {
    let folder = try ScratchFolder()
    try folder.write("dbtool.json", "{}")
    try folder.write(
      ".env",
      "OLLAMA_HOST=http://ann:hunter2secret@gpu:11434\nMAX_WORKERS=3\nEMBEDDING_BATCH_SIZE=64\n"
    )
    let environment = [
      "OPENAI_API_KEY": "sk-hunter2secret", "OPENAI_BASE_URL": "https://bob:hunter2secret@api/v1",
      "EMBEDDING_BATCH_SIZE": "32",
    ]
    for arguments in [["config"], ["config", "--format", "json"]] {
      let outcome = try await DBToolProcess.run(
        arguments,
        environment: environment,
        directory: folder.path
      )
      #expect(outcome.status == 0 && !outcome.description.contains("hunter2secret"), "\(outcome)")
    }
    let outcome = try await DBToolProcess.run(
      ["config"],
      environment: environment,
      directory: folder.path
    )
    let file = folder.path + "/.env"
    let rows = outcome.stdout.split(separator: "\n").map { line in
      line.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
    for row in [
      "OLLAMA_HOST http://****@gpu:11434 \(file)", "MAX_WORKERS 3 \(file)",
      "EMBEDDING_BATCH_SIZE 32 environment", "OPENAI_API_KEY **** environment",
      "OPENAI_BASE_URL https://****@api/v1 environment",
    ] {
      #expect(rows.contains(row), "\(outcome)")
    }
  }
}
