import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: vectors and keys stay where they belong", .timeLimit(.minutes(30)))
struct CommandLineEncoderSafetyTests {
  private func makeNotes(_ database: TestDatabase, folder: ScratchFolder) async throws {
    try folder.write("dbtool.json", "{}")
    var db = try database.connect()
    try db.executeScript(
      """
      CREATE EXTENSION IF NOT EXISTS vector;
      CREATE TABLE note (id int PRIMARY KEY, body text, v vector(3));
      INSERT INTO note SELECT n, 'note ' || n, ARRAY[n, 1, 0]::vector FROM generate_series(1, 5) AS n;
      """
    )
  }

  private func adopt(_ database: TestDatabase, _ folder: ScratchFolder, _ options: String...)
    async throws -> DBToolProcess.Outcome
  {
    try await database.dbtool(
      ["encoder", "adopt", "note.v", "--as", "ours", "--template", "{body}"] + options,
      directory: folder.path
    )
  }

  @Test(.temporaryDatabase) func `what is edited after its vector was adopted is stale`()
    async throws
  {
    let database = try TestDatabase.current
    let folder = try ScratchFolder()
    try await makeNotes(database, folder: folder)
    var db = try database.connect()
    try db.execute("UPDATE note SET v = NULL WHERE id = 5")
    let adopted = try await adopt(database, folder, "--from", "file:somewhere")
    #expect(adopted.status == 0, "\(adopted)")
    #expect(adopted.stderr.contains("4 of them are not of length 1"))
    try db.execute("UPDATE note SET body = 'another text' WHERE id = 2")
    struct Show: Decodable {
      struct Column: Decodable { var stale: Int, missing: Int, vectors: Int }
      var columns: [Column]
    }
    let show = try await database.dbtool(
      "encoder",
      "show",
      "ours",
      "--format",
      "json",
      directory: folder.path
    )
    let column = try JSONDecoder().decode(Show.self, from: Data(show.stdout.utf8)).columns[0]
    #expect((column.stale, column.missing, column.vectors) == (1, 1, 4))
  }

  @Test(.temporaryDatabase) func `an address with a password is neither stored nor shown`()
    async throws
  {
    let database = try TestDatabase.current
    let folder = try ScratchFolder()
    try await makeNotes(database, folder: folder)
    let url = "http://ann:hunter2secret@h:80/v1"
    let refused = try await adopt(database, folder, "--from", "openai:m", "--url", url)
    expectRefusal(refused, 78, says: "a user or a password")
    let added = try await database.dbtool(
      [
        "encoder", "add", "ours", "--dimensions", "3", "--from", "openai:m", "--url", url,
        "--table", "note", "--template", "{body}",
      ],
      directory: folder.path
    )
    expectRefusal(added, 78, says: "a user or a password")
    #expect(!(refused.stderr + added.stderr).contains("hunter2secret"))
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/migrations"))
    // One that came by another way is not repeated.
    #expect(try await adopt(database, folder, "--from", "openai:m").status == 0)
    var db = try database.connect()
    try db.execute("UPDATE dbtool.encoder SET url = \(url)")
    for arguments in [["list"], ["show", "ours"]] {
      for format in ["table", "json"] {
        let shown = try await database.dbtool(
          ["encoder"] + arguments + ["--format", format],
          environment: ["OPENAI_API_KEY": "sk-key"],
          directory: folder.path
        )
        #expect(!(shown.stdout + shown.stderr).contains("hunter2secret"), "\(shown)")
      }
    }
    expectRefusal(
      try await adopt(database, folder, "--from", "bert:x", "--url", "http://h/"),
      64,
      says: "--url is for models on a server"
    )
  }

  @Test(.temporaryDatabase) func `a key goes to no server that only the registry names`()
    async throws
  {
    let database = try TestDatabase.current
    let folder = try ScratchFolder()
    try await makeNotes(database, folder: folder)
    try await ScriptedServer.run { request, _ in
      .openAI([(index: 0, vector: ModelServer.vector("x", dimension: 3))])
    } _: { server, host in
      let address = "http://\(host)/v1"
      let adopted = try await adopt(database, folder, "--from", "openai:m", "--url", address)
      #expect(adopted.status == 0, "\(adopted)")
      func search(_ environment: [String: String]) async throws -> DBToolProcess.Outcome {
        try await database.dbtool(
          "search",
          "x",
          environment: environment.merging(["OPENAI_API_KEY": "sk-key"]) { $1 },
          directory: folder.path
        )
      }
      #expect(try await search([:]).status == 0)
      #expect(try await search(["OPENAI_BASE_URL": "http://127.0.0.1:1/v1"]).status == 0)
      #expect(server.requests.allSatisfy { $0.authorization == nil })
      #expect(try await search(["OPENAI_BASE_URL": address]).status == 0)
      #expect(server.requests.last?.authorization == "Bearer sk-key")
    }
  }

  @Test(.temporaryDatabase) func `a name means one model`() async throws {
    let database = try TestDatabase.current
    let folder = try ScratchFolder()
    try await makeNotes(database, folder: folder)
    #expect(try await adopt(database, folder, "--from", "ollama:m").status == 0)
    var db = try database.connect()
    try db.execute("CREATE TABLE other (id int PRIMARY KEY, body text)")
    func add(_ name: String, _ options: String...) async throws -> DBToolProcess.Outcome {
      try await database.dbtool(
        ["encoder", "add", name, "--table", "other", "--template", "{body}"] + options,
        directory: folder.path
      )
    }
    for options in [
      ["--dimensions", "4"], ["--from", "ollama:n"], ["--metric", "l2"], ["--query-prefix", "q: "],
    ] {
      let refused = try await database.dbtool(
        ["encoder", "add", "ours", "--table", "other", "--template", "{body}"] + options,
        directory: folder.path
      )
      expectRefusal(refused, 78, says: "in the registry as ollama:m, 3 dimensions, metric cosine")
    }
    expectRefusal(try await add("minilm", "--dimensions", "5"), 64, says: "384 elements, not 5")
    let added = try await add("ours")
    #expect(added.status == 0 && added.stderr.contains("dbtool migrate --allow-nonempty"))
    // The lexical encoder is for every table too.
    #expect(try await add("lexical").status == 0)
    let migrated = try await database.dbtool(
      "migrate",
      "--allow-nonempty",
      directory: folder.path
    )
    #expect(migrated.status == 0, "\(migrated)")
    try db.execute(
      "INSERT INTO other VALUES (1, 'a teapot'), (2, 'a bicycle'), (3, 'tea and pots')"
    )
    let lexical = try await database.dbtool(
      "embed",
      "--encoder",
      "lexical",
      directory: folder.path
    )
    #expect(lexical.status == 0, "\(lexical)")
    let found = try await database.dbtool(
      ["search", "bicycles", "--table", "other", "--encoder", "lexical", "--limit", "1"],
      directory: folder.path
    )
    #expect(found.stdout.contains("a bicycle"), "\(found)")
  }

  @Test(.temporaryDatabase) func `what cannot be written into is not adopted`() async throws {
    let database = try TestDatabase.current
    let folder = try ScratchFolder()
    try await makeNotes(database, folder: folder)
    var db = try database.connect()
    try db.executeScript(
      """
      CREATE VIEW note_view AS SELECT * FROM note;
      CREATE TABLE side (note_id int PRIMARY KEY REFERENCES note, made_by text NOT NULL, v vector(3));
      CREATE TABLE pair (a int, b int, body text, v vector(3), PRIMARY KEY (a, b));
      INSERT INTO pair VALUES (1, 1, 'x', '[1,2,3]'), (1, 2, 'y', '[1,2,4]');
      """
    )
    let cases = [
      (["note_view.v", "--key", "id"], "public.note_view is no table"),
      (["side.v", "--of", "note"], "need more than a vector: made_by"),
      (["pair.v", "--key", "a"], "public.pair.a does not tell the rows apart"),
    ]
    for (arguments, words) in cases {
      let refused = try await database.dbtool(
        ["encoder", "adopt"] + arguments
          + ["--as", "ours", "--from", "ollama:m", "--template", "{body}"],
        directory: folder.path
      )
      expectRefusal(refused, 78, says: words)
    }
    #expect(try db.query("SELECT count(*) FROM dbtool.embedding").scalar() == 0)
    #expect(try db.query("SELECT count(*) FROM dbtool.encoder").scalar() == 0)
  }
}
