import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: index use")
struct CommandLineIndexTests {
  private static let name = "netflix_shows_embedding_lexical_hnsw_cosine"

  private func use(
    _ variant: String,
    _ database: TestDatabase,
    table: String = "netflix_shows",
    encoder: String = "lexical"
  ) async throws -> DBToolProcess.Outcome {
    try await database.dbtool("index", "use", variant, "--table", table, "--encoder", encoder)
  }

  /// The approximate indexes of a database with their validity, and what the registry wants.
  private func state(_ database: TestDatabase) throws -> String {
    var db = try database.connect()
    return try db.query(
      """
      SELECT coalesce(string_agg(indexrelid::regclass || CASE WHEN indisvalid THEN '' ELSE ' invalid' END,
                                 ', ' ORDER BY indexrelid::regclass::text), 'none')
             || ' / ' || (SELECT index_variant FROM dbtool.embedding
                          WHERE table_name = 'netflix_shows' AND encoder = 'lexical')
      FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
      WHERE amname IN ('hnsw', 'ivfflat')
      """
    ).scalar()
  }

  @Test(.temporaryDatabase) func `builds once, and goes back to exact`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    let before = try await database.schemaDump(withInternal: true)
    #expect(try state(database) == "none / exact")

    let first = try await use("hnsw", database)
    #expect(first.status == 0 && first.stderr == "", "\(first)")
    #expect(first.stdout == "built index \(Self.name) on netflix_shows\n")
    #expect(try state(database) == "\(Self.name) / hnsw")
    let second = try await use("hnsw", database)
    #expect(second.stdout == "index \(Self.name) on netflix_shows is there already\n")

    let back = try await use("exact", database)
    #expect(
      back.stdout == """
        dropped index \(Self.name)
        netflix_shows is searched exactly, without an index

        """
    )
    #expect(try state(database) == "none / exact")
    #expect(try await use("exact", database).status == 0)
    #expect(try await database.schemaDump(withInternal: true) == before)
  }

  @Test(.temporaryDatabase) func `the index serves, and the answer says so`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    let exact = try await database.recommend("--customer", "5", "--limit", "50")
    _ = try await use("hnsw", database)
    let usual = try await database.recommend("--customer", "5", "--limit", "50")
    #expect(usual.rows == exact.rows)

    let url = try database.url(options: "-c enable_seqscan=off")
    let served = try await database.recommend("--customer", "5", "--limit", "50", url: url)
    #expect(!served.exact)
    #expect(served.index == Self.name)
    #expect(served.index_why.contains(Self.name))
    #expect(served.settings == ["hnsw.ef_search": "200"])
    #expect(served.returned == 50)
    // 160 rows are fewer than 200 candidates, so that nothing can be missed.
    #expect(served.rows.map(\.id) == exact.rows.map(\.id))

    let table = try await database.dbtool("recommend-netflix", "--customer", "5", url: url)
    #expect(table.stdout.contains("index \(Self.name)"))
    let refused = try await database.recommend("--customer", "5", "--exact", url: url)
    #expect(refused.exact && refused.index == nil)
    #expect(refused.settings == ["enable_indexscan": "off"])

    // Another metric than the index's is compared row by row.
    let other = try await database.recommend("--customer", "5", "--metric", "l2", url: url)
    #expect(other.exact && other.index == nil)
    #expect(other.index_why.hasPrefix("index \(Self.name) serves another metric than l2"))

    // An index on the films does not make the search of the shows approximate.
    _ = try await use("exact", database)
    _ = try await use("hnsw", database, table: "film")
    let films = try await database.recommend("--customer", "5", url: url)
    #expect(films.exact && films.index_why.contains("no approximate index"))
  }

  @Test(.temporaryDatabase, arguments: [(5, 200), (100, 200), (150, 300), (1000, 1000)])
  func `candidates are at least two hundred`(limit: Int, candidates: Int) async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    _ = try await use("hnsw", database)
    let url = try database.url(options: "-c enable_seqscan=off")
    let answer = try await database.recommend("--customer", "5", "--limit", "\(limit)", url: url)
    #expect(answer.settings["hnsw.ef_search"] == "\(candidates)")
    #expect(answer.returned == min(limit, 159))
    #expect(answer.complete == (limit < 159))
  }

  @Test(.temporaryDatabase) func `many rows are served by the index without being told to`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.makeMovies()
    var db = try database.connect()
    try db.execute(
      """
      INSERT INTO netflix_shows (show_id, type, title, description)
      SELECT 'x' || n, 'Movie', 'Number ' || n, s.description || ' ' || t.description
      FROM generate_series(1, 5000) AS n
      JOIN netflix_shows AS s ON s.show_id = 's' || 1 + n % 160
      JOIN netflix_shows AS t ON t.show_id = 's' || 1 + n / 160 % 160
      """
    )
    try await database.succeed("embed", "--encoder", "lexical")
    _ = try await use("hnsw", database)
    try db.execute("ANALYZE netflix_shows")
    let served = try await database.recommend("--customer", "5")
    #expect(served.index == Self.name, "\(served.index_why)")
    #expect(served.complete)
    let exact = try await database.recommend("--customer", "5", "--exact")
    #expect(exact.rows.map(\.distance) == served.rows.map(\.distance))
  }

  @Test(.temporaryDatabase) func `an interrupted build of ours is built again`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    var db = try database.connect()
    // As a build leaves it that was killed.
    _ = try await use("hnsw", database)
    try db.execute(
      "UPDATE pg_index SET indisvalid = false WHERE indexrelid = \(Self.name)::regclass"
    )
    #expect(try state(database) == "\(Self.name) invalid / hnsw")
    let answer = try await database.recommend("--customer", "5")
    #expect(answer.exact && answer.index_why.contains("is not valid"))
    let again = try await use("hnsw", database)
    #expect(
      again.stdout == "dropped index \(Self.name)\nbuilt index \(Self.name) on netflix_shows\n"
    )
    #expect(try state(database) == "\(Self.name) / hnsw")
    try db.execute(
      "UPDATE pg_index SET indisvalid = false WHERE indexrelid = \(Self.name)::regclass"
    )
    #expect(try await use("exact", database).status == 0)
    #expect(try state(database) == "none / exact")
  }

  @Test(.temporaryDatabase) func `Ctrl-C stops a build, which the next run makes whole`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.makeMovies()
    var blocker = try database.connect()
    try blocker.executeScript("BEGIN; UPDATE netflix_shows SET title = title")
    let stopped = try await database.dbtool(
      "index",
      "use",
      "hnsw",
      "--table",
      "netflix_shows",
      "--encoder",
      "lexical"
    ) { process in
      try await wait(
        for: database,
        until: """
          EXISTS (SELECT FROM pg_stat_activity
                  WHERE datname = current_database()
                    AND query LIKE 'CREATE INDEX CONCURRENTLY%' AND wait_event_type = 'Lock')
          """
      )
      try process.send(SIGINT)
    }
    expectRefusal(stopped, 130, says: "interrupted")
    try blocker.executeScript("ROLLBACK")
    #expect(try await use("hnsw", database).status == 0)
    #expect(try state(database) == "\(Self.name) / hnsw")
  }

  @Test(.temporaryDatabase) func `leaves an index that is not ours alone`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    var db = try database.connect()
    try db.executeScript(
      "CREATE INDEX theirs ON netflix_shows USING hnsw (embedding_lexical vector_cosine_ops)"
    )
    #expect(try await use("hnsw", database).status == 0)
    #expect(try state(database) == "\(Self.name), theirs / hnsw")
    #expect(try await use("exact", database).status == 0)
    #expect(try state(database) == "theirs / exact")
  }

  @Test(.temporaryDatabase) func `two at once build one`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    let outcomes = try await withThrowingTaskGroup(of: DBToolProcess.Outcome.self) { group in
      for _ in 0..<4 { group.addTask { try await use("hnsw", database) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(outcomes.allSatisfy { $0.status == 0 }, "\(outcomes)")
    #expect(outcomes.count { $0.stdout.hasPrefix("built") } == 1)
    #expect(try state(database) == "\(Self.name) / hnsw")
  }

  @Test(.temporaryDatabase) func `what cannot be indexed is refused`() async throws {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    var db = try database.connect()
    try db.executeScript(
      """
      CREATE TABLE wide (id int PRIMARY KEY, body text, long vector(2001), free vector);
      INSERT INTO dbtool.encoder (name, source, model, dimension)
      VALUES ('huge', 'file', 'm', 2001), ('loose', 'file', 'm', 3);
      INSERT INTO dbtool.embedding (table_schema, table_name, key_column, vector_column, encoder, template)
      VALUES ('public', 'wide', 'id', 'long', 'huge', '{body}'),
             ('public', 'wide', 'id', 'free', 'loose', '{body}'),
             ('public', 'gone', 'id', 'v', 'loose', '{body}');
      """
    )
    let before = try await database.schemaDump(withInternal: true)
    let long = try await use("hnsw", database, table: "wide", encoder: "huge")
    expectRefusal(long, 64, says: "2001 dimensions", "at most 2000", "halfvec")
    let free = try await use("hnsw", database, table: "wide", encoder: "loose")
    expectRefusal(free, 64, says: "no fixed number of dimensions")
    let gone = try await use("hnsw", database, table: "gone", encoder: "loose")
    expectRefusal(gone, 66, says: "no table \"gone\"")
    try db.execute("CREATE TABLE gone (id int PRIMARY KEY)")
    let column = try await use("hnsw", database, table: "gone", encoder: "loose")
    expectRefusal(column, 78, says: "no vector column")
    try db.execute("DROP TABLE gone")
    let table = try await use("hnsw", database, table: "nosuch")
    expectRefusal(table, 66, says: "\"nosuch\"", "film")
    let encoder = try await use("hnsw", database, encoder: "nosuch")
    expectRefusal(encoder, 66, says: "no encoder \"nosuch\"", "lexical")
    #expect(try await database.schemaDump(withInternal: true) == before)
  }
}
