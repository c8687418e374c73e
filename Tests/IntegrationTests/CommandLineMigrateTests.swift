import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: migrate")
struct CommandLineMigrateTests {
  /// The registry without its row numbers, and the schema without what dbtool keeps for itself.
  private func fingerprint(_ database: TestDatabase) async throws -> String {
    var db = try database.connect()
    let registry: String = try db.query(
      """
      SELECT coalesce(string_agg((to_jsonb(e) - 'embedding_id')::text, E'\\n'
                                 ORDER BY table_name, vector_column), '') FROM dbtool.embedding AS e
      """
    ).scalar()
    return try await database.schemaDump(withInternal: true) + registry
  }

  @Test(.temporaryVectorDatabase) func `all the way down and up again is where it was`()
    async throws
  {
    let database = try TestDatabase.current
    let empty = try await database.schemaDump()
    let up = try await database.succeed("migrate")
    #expect(up.split(separator: "\n").count { $0.hasPrefix("applied ") } == movieMigrations)
    let full = try await fingerprint(database)
    #expect(try await database.succeed("migrate") == "nothing is pending\n")

    let asked = try await database.dbtool("migrate", "down", "--all")
    expectRefusal(asked, 64, says: "revert all migrations", database.name, "--yes")
    #expect(try await fingerprint(database) == full)
    let down = try await database.succeed("migrate", "down", "--all", "--yes")
    #expect(down.split(separator: "\n").count { $0.hasPrefix("reverted ") } == movieMigrations)
    #expect(try await database.schemaDump() == empty)
    #expect(
      try await database.succeed("migrate", "down", "--all", "--yes") == "nothing to revert\n"
    )
    let status = try await database.dbtool("migrate", "status", "--exit-code")
    #expect(status.status == 1)
    #expect(status.stdout.contains("\(movieMigrations) pending"))

    try await database.succeed("migrate")
    #expect(try await fingerprint(database) == full)
    for _ in 1...movieMigrations { try await database.succeed("migrate", "down", "--yes") }
    #expect(try await database.schemaDump() == empty)
    try await database.succeed("migrate")
    #expect(try await fingerprint(database) == full)
  }

  @Test(.temporaryDatabase) func `how to remove it all`() async throws {
    let database = try TestDatabase.current
    let empty = try await database.schemaDump(withInternal: true)
    try await database.makeMovies()
    try await database.succeed("index", "use", "hnsw", "--table", "film", "--encoder", "lexical")
    try await database.succeed("migrate", "down", "--all", "--yes")
    var db = try database.connect()
    try db.executeScript("DROP SCHEMA dbtool CASCADE; DROP EXTENSION vector")
    #expect(try await database.schemaDump(withInternal: true) == empty)
    // And it can begin anew.
    try await database.makeMovies()
  }

  @Test(.temporaryDatabase) func `sixteen at once on an empty database`() async throws {
    let database = try TestDatabase.current
    let outcomes = try await withThrowingTaskGroup(of: DBToolProcess.Outcome.self) { group in
      for _ in 0..<16 { group.addTask { try await database.dbtool("migrate") } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(outcomes.map(\.status) == Array(repeating: 0, count: 16), "\(outcomes)")
    let applied = outcomes.flatMap { $0.stdout.split(separator: "\n") }
      .filter { $0.hasPrefix("applied ") }.map { $0.prefix { $0 != "(" } }
    #expect(applied.count == movieMigrations)
    #expect(Set(applied).count == movieMigrations)
    var db = try database.connect()
    let history: String = try db.query(
      "SELECT count(*) || ' ' || count(*) FILTER (WHERE state = 'applied') FROM dbtool.schema_history"
    ).scalar()
    #expect(history == "\(movieMigrations) \(movieMigrations)")
  }

  @Test(.temporaryDatabase) func `the script of a dry run does the same`() async throws {
    let database = try TestDatabase.current
    let script = try await database.succeed("migrate", "--dry-run")
    var db = try database.connect()
    let schemas: Int = try db.query(
      "SELECT count(*) FROM pg_namespace WHERE nspname = 'dbtool'"
    ).scalar()
    #expect(schemas == 0)
    _ = try await database.psql(script)
    let status = try await database.dbtool("migrate", "status", "--exit-code")
    #expect(status.status == 0, "\(status)")
    let scripted = try await fingerprint(database)
    try await TestDatabase.with(vector: false) {
      let other = try TestDatabase.current
      try await other.succeed("migrate")
      #expect(try await fingerprint(other) == scripted)
    }
  }

  @Test(.temporaryDatabase) func `a folder of another project, without pgvector`() async throws {
    let database = try TestDatabase.current
    let folder = try ScratchFolder()
    try folder.write(
      "db/migrations/001_create_shop.sql",
      """
      -- migrate:up
      CREATE TABLE shop (id int PRIMARY KEY, name text);
      -- migrate:down
      DROP TABLE shop;
      """
    )
    try folder.write("dbtool.json", "{\"migrations\": \"db/migrations\"}")
    try folder.write(".env", "DATABASE_URL=\"\(database.url)\"\n")
    let run = { (arguments: [String]) in
      try await DBToolProcess.run(arguments, directory: folder.path)
    }
    let empty = try await database.schemaDump()
    let up = try await run(["migrate"])
    #expect(up.status == 0 && up.stdout.hasPrefix("applied 001_create_shop.sql"), "\(up)")
    let status = try await run(["migrate", "status", "--format", "json", "--exit-code"])
    #expect(status.status == 0)
    let json = try JSONSerialization.jsonObject(with: Data(status.stdout.utf8)) as? [String: Any]
    #expect(json?["up_to_date"] as? Bool == true)
    let new = try await run(["migrate", "new", "add_price"])
    #expect(new.status == 0)
    #expect(new.stdout.contains("db/migrations/"))
    #expect(try await run(["migrate", "status", "--exit-code"]).status == 1)
    #expect(try await run(["migrate"]).status == 0)
    let down = try await run(["migrate", "down", "--all", "--yes"])
    #expect(down.status == 0, "\(down)")
    #expect(try await database.schemaDump() == empty)
    var db = try database.connect()
    let extensions: Int = try db.query(
      "SELECT count(*) FROM pg_extension WHERE extname = 'vector'"
    ).scalar()
    #expect(extensions == 0)
  }

  @Test(.temporaryDatabase) func `a database with tables but no history is left alone`()
    async throws
  {
    let database = try TestDatabase.current
    var db = try database.connect()
    try db.executeScript("CREATE TABLE mine (id int); CREATE TABLE mine_too (id int)")
    let before = try await database.schemaDump(withInternal: true)
    expectRefusal(
      try await database.dbtool("migrate"),
      78,
      says: "2 tables",
      "20261121090000_create_dvdrental_tables.sql",
      "migrate baseline",
      "--allow-nonempty"
    )
    #expect(try await database.schemaDump(withInternal: true) == before)
    try await database.succeed("migrate", "--allow-nonempty")
  }

  @Test(.temporaryDatabase) func `two imports at once: the second finds the rows of the first`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    async let first = database.dbtool("seed")
    async let second = database.dbtool("seed")
    let outcomes = try await [first, second].sorted { ($0.status ?? 0) < ($1.status ?? 0) }
    #expect(outcomes[0].status == 0, "\(outcomes)")
    expectRefusal(outcomes[1], 64, says: "already; nothing was imported", "--replace")
  }

  @Test(.temporaryVectorDatabase) func `an embedding that has left the registry is named`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    var db = try database.connect()
    let error = #expect(throws: PostgresError.self) {
      try db.query("SELECT dbtool.forget_deleted_rows(0)")
    }
    #expect(error?.sqlState?.rawValue == "P0002")
    #expect(error?.message == "no embedding has the number 0")
  }

  @Test(.temporaryDatabase) func `a lost history is taken up again`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    var db = try database.connect()
    try db.executeScript("DROP SCHEMA dbtool CASCADE")
    let before = try await database.schemaDump()
    expectRefusal(try await database.dbtool("migrate"), 78, says: "migrate baseline")
    expectRefusal(
      try await database.dbtool("embed", "--encoder", "lexical"),
      78,
      says: "no registry"
    )
    // The last file fills the registry, which is gone too: it has to run.
    let recorded = try await database.succeed("migrate", "baseline", "--to", "20261121090600")
    #expect(recorded.split(separator: "\n").count == movieMigrations - 1)
    #expect(try await database.succeed("migrate").hasPrefix("applied 20261121090700_register"))
    try await database.succeed("embed", "--encoder", "lexical")
    #expect(try await database.schemaDump() == before)
  }

  @Test(.temporaryDatabase)
  func `a baseline of everything leaves the registry empty, which embed says`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.succeed("migrate", "baseline")
    expectRefusal(
      try await database.dbtool("embed", "--encoder", "lexical"),
      78,
      says: "registry of database",
      "is empty",
      "baseline"
    )
  }

  @Test(.temporaryDatabase) func `a baseline repeated over an edited file is refused`()
    async throws
  {
    let database = try TestDatabase.current
    let folder = try ScratchFolder()
    try folder.write("1_a.sql", "-- migrate:up\nSELECT 1;\n")
    let baseline = ["migrate", "baseline", "--dir", folder.path]
    let run = { try await DBToolProcess.run(baseline, environment: ["DATABASE_URL": database.url]) }
    #expect(try await run().stdout == "recorded 1_a.sql\n")
    #expect(try await run().stdout == "everything is recorded already\n")
    try folder.write("1_a.sql", "-- migrate:up\nSELECT 2;\n")
    expectRefusal(try await run(), 65, says: "1_a.sql was edited after it was applied")
  }

  @Test func `a new file that cannot be made is refused`() async throws {
    let folder = try ScratchFolder()
    try folder.write("plain", "no folder")
    let new = { (arguments: String...) in
      try await DBToolProcess.run(["migrate", "new"] + arguments, directory: folder.path)
    }
    expectRefusal(
      try await new(String(repeating: "x", count: 300)),
      64,
      says: "300 letters",
      "at most 236"
    )
    expectRefusal(try await new("a", "--dir", "plain"), 66, says: "plain is no folder")
    expectRefusal(try await new("a/b"), 64, says: "'a/b'")
    let first = try await new("a")
    #expect(first.stdout.wholeMatch(of: /migrations\/\d{14}_a\.sql\n/) != nil, "\(first)")
    // The folder is a project by now, and the path reads as before.
    let second = try await new(String(repeating: "x", count: 236))
    #expect(second.stdout.wholeMatch(of: /migrations\/\d{14}_x+\.sql\n/) != nil, "\(second)")
  }
}
