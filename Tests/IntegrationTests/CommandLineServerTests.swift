import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: servers and databases that do not serve")
struct CommandLineServerTests {
  static let commands = [
    ["recommend-netflix", "--customer", "5"],
    ["recommend-netflix", "--customer", "5", "--format", "json"],
    ["recommend-netflix", "--customer", "5", "--show-sql"],
    ["migrate"], ["migrate", "status"], ["migrate", "down", "--yes"], ["migrate", "baseline"],
    ["migrate", "--dry-run"], ["embed", "--encoder", "lexical"], ["seed"],
    ["index", "use", "hnsw", "--table", "film", "--encoder", "lexical"],
  ]

  @Test(arguments: commands)
  func `no server`(arguments: [String]) async throws {
    for url in ["postgresql:///db?host=/nowhere", "postgresql://localhost:1/db"] {
      let outcome = try await DBToolProcess.run(arguments, environment: ["DATABASE_URL": url])
      expectRefusal(outcome, 69, says: "failed", "dbtool config")
    }
  }

  @Test(.temporaryDatabase, arguments: commands)
  func `the database is missing`(arguments: [String]) async throws {
    let database = try TestDatabase.current
    let url = database.url.replacingOccurrences(of: database.name, with: "nosuch")
    let outcome = try await DBToolProcess.run(arguments, environment: ["DATABASE_URL": url])
    expectRefusal(outcome, 69, says: "database \"nosuch\" does not exist", "createdb")
  }

  @Test(.temporaryDatabase) func `a role that is not there`() async throws {
    let database = try TestDatabase.current
    let url = database.url(user: "nobody_known")
    let outcome = try await database.dbtool("migrate", url: url)
    expectRefusal(outcome, 77, says: "role \"nobody_known\" does not exist")
  }

  @Test(.temporaryDatabase) func `an empty database says to migrate`() async throws {
    let database = try TestDatabase.current
    let recommend = try await database.dbtool("recommend-netflix", "--customer", "5")
    expectRefusal(recommend, 78, says: "table \"film\" does not exist", "dbtool migrate")
    expectRefusal(
      try await database.dbtool("embed", "--encoder", "lexical"),
      78,
      says: "no registry of embeddings",
      "dbtool migrate"
    )
    let index = try await database.dbtool(
      "index",
      "use",
      "hnsw",
      "--table",
      "film",
      "--encoder",
      "lexical"
    )
    expectRefusal(index, 66, says: "no table \"film\"", "migrations")
    let seed = try await database.dbtool("seed")
    expectRefusal(seed, 78, says: "dbtool migrate")
    var db = try database.connect()
    let schemas: Int = try db.query(
      "SELECT count(*) FROM pg_namespace WHERE nspname = 'dbtool'"
    ).scalar()
    #expect(schemas == 0)
  }

  @Test(.temporaryDatabase) func `pgvector is missing`() async throws {
    let database = try TestDatabase.current
    try await database.succeed("migrate", "--to", "20261121090500")
    var db = try database.connect()
    try db.execute("DROP EXTENSION IF EXISTS vector CASCADE")
    try db.executeScript(
      """
      INSERT INTO dbtool.encoder (name, source, model, dimension)
      VALUES ('lexical', 'sql', 'm', 512) ON CONFLICT DO NOTHING;
      INSERT INTO dbtool.embedding (table_schema, table_name, key_column, vector_column, encoder, template)
      VALUES ('public', 'film', 'film_id', 'embedding_lexical', 'lexical', '{description}');
      """
    )
    let before = try await database.schemaDump(withInternal: true)
    for outcome in [
      try await database.dbtool("recommend-netflix", "--customer", "5"),
      try await database.dbtool("recommend-netflix", "--customer", "5", "--encoder", "lexical"),
      try await database.dbtool("embed", "--encoder", "lexical"),
      try await database.dbtool("index", "use", "hnsw", "--table", "film", "--encoder", "lexical"),
    ] {
      expectRefusal(outcome, 78, says: "has no pgvector", "CREATE EXTENSION vector")
    }
    #expect(try await database.schemaDump(withInternal: true) == before)
  }

  @Test(.temporaryDatabase) func `pgvector is too old`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    var db = try database.connect()
    for version in ["0.8.3", "0.7.4"] {
      try db.execute("UPDATE pg_extension SET extversion = \(version) WHERE extname = 'vector'")
      for outcome in [
        try await database.dbtool("recommend-netflix", "--customer", "5"),
        try await database.dbtool("recommend-netflix", "--customer", "5", "--show-sql"),
        try await database.dbtool("embed", "--encoder", "lexical", "--refit"),
        try await database.dbtool(
          "index",
          "use",
          "hnsw",
          "--table",
          "film",
          "--encoder",
          "lexical"
        ),
      ] {
        expectRefusal(
          outcome,
          78,
          says: "pgvector \(version)",
          "too old; 0.8.4",
          "ALTER EXTENSION vector UPDATE"
        )
      }
    }
    for version in ["0.8.4", "0.8.10", "0.10.0", "1.0"] {
      try db.execute("UPDATE pg_extension SET extversion = \(version) WHERE extname = 'vector'")
      #expect(try await database.recommend("--customer", "5").returned == 5)
    }
  }

  @Test(.temporaryDatabase) func `a statement that takes too long is worth another try`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.makeMovies()
    var blocker = try database.connect()
    try blocker.executeScript("BEGIN; LOCK TABLE film")
    for (options, words) in [
      ("-c statement_timeout=100", "timeout"), ("-c lock_timeout=100", "lock timeout"),
    ] {
      let url = try database.url(options: options)
      let outcome = try await database.dbtool("recommend-netflix", "--customer", "5", url: url)
      expectRefusal(outcome, 75, says: words)
      expectRefusal(
        try await database.dbtool("embed", "--encoder", "lexical", "--refit", url: url),
        75,
        says: words
      )
    }
  }
}
