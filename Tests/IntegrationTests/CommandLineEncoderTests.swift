import DBToolActions
import Foundation
import PQClient
import TestSupport
import Testing
import TextEncoders
import VectorSQL

@Suite("The command line: encoder")
struct CommandLineEncoderTests {
  /// A project with a table of its own, applied.
  private func project(_ database: TestDatabase) async throws -> ScratchFolder {
    let folder = try ScratchFolder()
    try folder.write(
      "migrations/20260101000000_create_article.sql",
      """
      -- migrate:up
      CREATE EXTENSION IF NOT EXISTS vector;
      CREATE TABLE article (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), title text, tags text[]);
      INSERT INTO article (title, tags) VALUES ('How to bake bread', '{food}'), ('Rockets', NULL);
      CREATE TABLE pair (a int, b int, label text, PRIMARY KEY (a, b));
      CREATE TABLE article_vector (
        article_id uuid PRIMARY KEY REFERENCES article, embedding vector(384) NOT NULL
      );
      -- migrate:down
      DROP TABLE article_vector, pair, article;
      """
    )
    try await succeed(database, folder, "migrate")
    return folder
  }

  @discardableResult
  private func succeed(
    _ database: TestDatabase,
    _ folder: ScratchFolder,
    _ arguments: String...
  ) async throws -> String {
    let outcome = try await run(database, folder, arguments)
    try #require(outcome.status == 0, "\(arguments): \(outcome)")
    return outcome.stdout
  }

  private func run(
    _ database: TestDatabase,
    _ folder: ScratchFolder,
    _ arguments: [String]
  ) async throws -> DBToolProcess.Outcome {
    try await DBToolProcess.run(
      arguments,
      environment: ["DATABASE_URL": database.url],
      directory: folder.path
    )
  }

  @Test(.temporaryDatabase) func `add writes a migration and leaves the database alone`()
    async throws
  {
    let database = try TestDatabase.current
    let folder = try await project(database)
    let before = try await database.schemaDump(withInternal: true)
    let path = try await succeed(
      database,
      folder,
      "encoder",
      "add",
      "words",
      "--dimensions",
      "384",
      "--from",
      "bert:all-MiniLM-L6-v2",
      "--table",
      "article",
      "--template",
      "{title}[ ({tags})]"
    )
    #expect(path.hasPrefix("migrations/") && path.hasSuffix("_add_encoder_words.sql\n"))
    #expect(try await database.schemaDump(withInternal: true) == before)

    try await succeed(database, folder, "migrate")
    try await succeed(database, folder, "embed")
    let found = try await succeed(database, folder, "search", "cooking", "--limit", "1")
    #expect(found.contains("How to bake bread"))
    let preview = try await run(database, folder, ["embed", "--preview", "nosuch"])
    expectRefusal(preview, 66, says: "no row whose id is \"nosuch\"")

    try await succeed(database, folder, "migrate", "down", "--yes")
    #expect(
      try await succeed(database, folder, "encoder", "list", "--format", "json").contains("[]")
    )
  }

  @Test(.temporaryDatabase) func `adopt registers a column, and its vectors stay`() async throws {
    let database = try TestDatabase.current
    let folder = try await project(database)
    var db = try database.connect()
    // The model's own vector, twice as long: another model's would be refused.
    let vector = try BERTEncoder(folder: ModelFolder.miniLM).vectors(for: ["Rockets"])[0]
    let doubled = try PGVector(vector.map { $0 * 2 })
    try db.execute(
      "INSERT INTO article_vector SELECT id, \(doubled) FROM article WHERE title = 'Rockets'"
    )
    let said = try await succeed(
      database,
      folder,
      "encoder",
      "adopt",
      "article_vector.embedding",
      "--of",
      "article",
      "--as",
      "ours",
      "--from",
      "bert:all-MiniLM-L6-v2",
      "--template",
      "{title}"
    )
    #expect(
      said == "adopted public.article_vector.embedding as encoder ours: 384 dimensions, 1 vectors\n"
    )
    let status = try await succeed(database, folder, "encoder", "show", "ours", "--format", "json")
    #expect(status.contains("\"missing\": 1") && status.contains("\"non_unit\": 1"))

    // What is there counts as made from the present text; only the other row is embedded.
    try await succeed(database, folder, "embed")
    let kept: Int = try db.query(
      "SELECT count(*) FROM article_vector WHERE embedding = \(doubled)"
    ).scalar()
    #expect(kept == 1)
    #expect(try db.query("SELECT count(*) FROM article_vector").scalar() as Int == 2)

    let again = try await run(
      database,
      folder,
      [
        "encoder", "adopt", "article_vector.embedding", "--of", "article", "--as", "ours",
        "--template", "{title}",
      ]
    )
    expectRefusal(again, 78, says: "is in the registry already", "encoder remove")
    let removed = try await succeed(database, folder, "encoder", "remove", "ours")
    #expect(
      removed == "removed ours from the registry\nkept column public.article_vector.embedding\n"
    )
    #expect(try db.query("SELECT count(*) FROM article_vector").scalar() as Int == 2)
    #expect(try db.query("SELECT count(*) FROM dbtool.encoder").scalar() as Int == 0)
  }

  @Test(.temporaryDatabase) func `what cannot be registered is refused by name`() async throws {
    let database = try TestDatabase.current
    let folder = try await project(database)
    let add = [
      "encoder", "add", "words", "--dimensions", "384", "--from", "bert:all-MiniLM-L6-v2",
      "--template",
      "{title}", "--table",
    ]
    let adopt = ["encoder", "adopt", "--as", "ours", "--from", "openai:m", "--template", "{title}"]
    let cases: [(arguments: [String], status: Int32, says: String)] = [
      (add + ["nosuch"], 66, "no table \"nosuch\""),
      (add + ["pair"], 64, "a primary key of several columns: a, b"),
      (
        ["encoder", "add", "Words", "--table", "article", "--template", "{title}"], 64,
        "--dimensions"
      ),
      (
        [
          "encoder", "add", "w\"", "--dimensions", "3", "--from", "openai:m", "--table", "article",
          "--template", "{title}",
        ], 64, "cannot name an encoder"
      ),
      (
        ["encoder", "add", "nomic", "--table", "article", "--template", "{nosuch}"], 66,
        "has not every column of the template {nosuch}"
      ),
      (
        ["encoder", "add", "nomic", "--table", "article", "--template", "{title"], 65,
        "a { without its partner"
      ),
      (["encoder", "add", "nomic", "--table", "article"], 64, "template"),
      (adopt + ["article.title"], 66, "no vector column \"title\""),
      (adopt + ["article"], 64, "names no column"),
      (adopt + ["nosuch.embedding"], 66, "no table \"nosuch\""),
      (["encoder", "show", "nosuch"], 78, "the registry"),
      (["encoder", "remove", "nosuch"], 78, "the registry"),
    ]
    for (arguments, status, says) in cases {
      expectRefusal(try await run(database, folder, arguments), status, says: says)
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path("migrations"))
    #expect(files == ["20260101000000_create_article.sql"])
    var db = try database.connect()
    #expect(try db.query("SELECT count(*) FROM dbtool.encoder").scalar() as Int == 0)
  }

  @Test(.temporaryDatabase) func `show says what a model lacks, and how to get it`() async throws {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    let minilm = try await database.succeed("encoder", "show", "minilm")
    #expect(minilm.contains("ready") && minilm.contains("model.safetensors  90,868,376 bytes"))
    let gte = try await database.succeed("encoder", "show", "gte")
    #expect(gte.contains("not ready") && gte.contains("hf download thenlper/gte-large"))
    // Port 1 answers nobody.
    let nomic = try await database.dbtool(
      "encoder",
      "show",
      "nomic",
      environment: ["OLLAMA_HOST": "127.0.0.1:1"]
    )
    #expect(nomic.status == 0)
    #expect(
      nomic.stdout.contains("refused") && nomic.stdout.contains("ollama pull nomic-embed-text")
    )
    let ada = try await database.dbtool(
      "encoder",
      "show",
      "ada002",
      environment: ["OPENAI_API_KEY": ""]
    )
    #expect(ada.stdout.contains("OPENAI_API_KEY is not set"))
  }

  @Test(.temporaryDatabase)
  func `the encoders known without a database are those of the migrations`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    var db = try database.connect()
    let registered = try RegisteredEncoder.readAll(on: &db)
    let known = KnownEncoder.all.sorted { $0.name < $1.name }
    #expect(registered.map(\.name) == known.map(\.name))
    for (one, other) in zip(registered, known) {
      #expect(one.source == other.source && one.dimension == other.dimension, "\(one.name)")
      #expect(one.queryPrefix == other.queryPrefix && one.passagePrefix == other.passagePrefix)
    }
  }
}
