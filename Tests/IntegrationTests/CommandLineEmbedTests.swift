import PQClient
import TestSupport
import Testing
import VectorSQL

/// `embed` with the real model: what is due, what is not, and what a row says.
@Suite("The command line: embed, with MiniLM")
struct CommandLineEmbedTests {
  @Test(.temporaryDatabase) func `rows that are missing or stale are embedded, and no others`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    try await database.succeed("seed")
    let first = try await database.embed("--encoder", "minilm")
    #expect(first["film"]?.embedded == 63 && first["netflix_shows"]?.embedded == 159)
    let second = try await database.embed()
    #expect(second["film"]?.embedded == 0 && second["film"]?.unchanged == 63)

    var db = try database.connect()
    try db.execute("UPDATE film SET description = 'A heist that goes wrong' WHERE film_id = 1")
    try db.execute("UPDATE film SET title = title || '!' WHERE film_id = 2")
    try db.execute("UPDATE film SET embedding_minilm = NULL WHERE film_id = 3")
    try db.execute("UPDATE film SET description = E' \\x01\\t' WHERE film_id = 4")
    let third = try await database.embed("--table", "film")
    #expect(third["film"]?.embedded == 2 && third["film"]?.textless == 3)
    #expect(try db.query("SELECT embedding_minilm IS NULL FROM film WHERE film_id = 4").scalar())
    let nearest: Int = try db.query(
      """
      SELECT film_id FROM film WHERE embedding_minilm IS NOT NULL AND film_id <> 1
      ORDER BY embedding_minilm <=> (SELECT embedding_minilm FROM film WHERE film_id = 1) LIMIT 1
      """
    ).scalar()
    #expect(nearest != 1)
    let lengths: Bool = try db.query(
      "SELECT bool_and(abs(vector_norm(embedding_minilm) - 1) < 1e-5) FROM netflix_shows"
    ).scalar()
    #expect(lengths)
  }

  @Test(.temporaryDatabase) func `a template makes every row stale, an encoder's revision too`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    try await database.succeed("seed")
    try await database.succeed("embed", "--table", "film")
    var db = try database.connect()
    try db.execute(
      """
      UPDATE dbtool.embedding SET template = '{title}: {description}'
      WHERE table_name = 'film' AND encoder = 'minilm'
      """
    )
    #expect(try await database.embed("--table", "film")["film"]?.embedded == 65)
    try db.execute("UPDATE dbtool.encoder SET revision = revision + 1 WHERE name = 'minilm'")
    #expect(try await database.embed("--table", "film")["film"]?.embedded == 65)
    #expect(try await database.embed("--table", "film")["film"]?.embedded == 0)
    #expect(
      try await database.embed("--table", "film", "--force")["film"]?.embedded == 65
    )
  }

  @Test(.temporaryDatabase) func `a limit leaves the rest for the next run`() async throws {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    try await database.succeed("seed")
    let some = try await database.embed(
      "--limit",
      "100",
      "--batch-size",
      "7",
      "--workers",
      "3"
    )
    #expect(some["film"]?.embedded == 63 && some["netflix_shows"]?.embedded == 37)
    #expect(some["netflix_shows"]?.waiting == 122)
    let rest = try await database.embed()
    #expect(rest["netflix_shows"]?.embedded == 122 && rest["netflix_shows"]?.waiting == 0)
  }

  @Test(.temporaryDatabase)
  func `vectors of another model are not mixed with those that are there`() async throws {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    try await database.succeed("seed")
    try await database.succeed("embed", "--table", "film")
    var db = try database.connect()
    // A vector that MiniLM did not make from this text.
    try db.execute(
      """
      UPDATE film SET embedding_minilm = (
        SELECT l2_normalize(array_agg(sin(i))::vector) FROM generate_series(1, 384) AS i
      )
      """
    )
    try db.execute("UPDATE film SET description = 'new' WHERE film_id = 1")
    let before = try vectors(&db)
    expectRefusal(
      try await database.dbtool("embed", "--table", "film"),
      78,
      says: "are another model's",
      "cosine similarity",
      "--force"
    )
    #expect(try vectors(&db) == before)
    try await database.succeed("embed", "--table", "film", "--force")
    #expect(try vectors(&db) != before)
    try await database.succeed("embed", "--table", "film")
  }

  @Test(.temporaryDatabase) func `several processes share the rows, and do none twice`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    try await database.succeed("seed")
    let shows = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<3 {
        group.addTask {
          let report = try await database.embed("--batch-size", "5", "--workers", "2")
          return report.values.reduce(0) { $0 + $1.embedded }
        }
      }
      return try await group.reduce(0, +)
    }
    var db = try database.connect()
    let filled: Int = try db.query(
      """
      SELECT (SELECT count(embedding_minilm) FROM film)
           + (SELECT count(embedding_minilm) FROM netflix_shows)
           + (SELECT count(embedding_minilm) FROM movie)
      """
    ).scalar()
    #expect(filled >= 222 && shows == filled)
  }

  @Test(.temporaryDatabase) func `an index goes while most rows change, and is there at the end`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    try await database.succeed("seed")
    try await database.succeed("embed")
    try await database.succeed(
      "index",
      "use",
      "hnsw",
      "--table",
      "netflix_shows",
      "--encoder",
      "minilm"
    )
    let forced = try await database.embed("--table", "netflix_shows", "--force")
    #expect(
      forced["netflix_shows"]?.indexes.map(\.index) == [
        "netflix_shows_embedding_minilm_hnsw_cosine"
      ]
    )

    var db = try database.connect()
    // A few rows change in place.
    try db.execute(
      "UPDATE netflix_shows SET description = 'Other ' || show_id WHERE show_id IN ('s5', 's6')"
    )
    let few = try await database.embed("--table", "netflix_shows")
    #expect(few["netflix_shows"]?.embedded == 2 && few["netflix_shows"]?.indexes.isEmpty == true)
    // What a killed run left to do, the next one does.
    try db.execute("DROP INDEX netflix_shows_embedding_minilm_hnsw_cosine")
    let next = try await database.embed("--table", "netflix_shows")
    #expect(next["netflix_shows"]?.embedded == 0)
    #expect(
      next["netflix_shows"]?.indexes.map(\.index) == ["netflix_shows_embedding_minilm_hnsw_cosine"]
    )
  }

  @Test(.temporaryDatabase, .timeLimit(.minutes(30)))
  func `an index that one process builds is left alone by another that embeds`() async throws {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    try await database.succeed("seed")
    try await database.succeed("embed")
    var db = try database.connect()
    try db.execute(
      """
      UPDATE dbtool.embedding SET index_variant = 'hnsw'
      WHERE table_name = 'netflix_shows' AND encoder = 'minilm'
      """
    )
    // A build waits for those who write to the table.
    var writer = try database.connect()
    try writer.executeScript("BEGIN; LOCK TABLE netflix_shows IN ROW EXCLUSIVE MODE")
    async let builds = database.embed("--table", "netflix_shows")
    try await wait(
      for: database,
      until: """
        EXISTS (SELECT FROM pg_stat_activity
                WHERE datname = current_database() AND query LIKE 'CREATE INDEX CONCURRENTLY%'
                  AND wait_event_type = 'Lock')
        """
    )
    try db.execute("UPDATE netflix_shows SET description = description || '!'")
    let embeds = try await database.embed("--table", "netflix_shows")["netflix_shows"]
    #expect(embeds?.embedded == 159 && embeds?.indexes.isEmpty == true)
    try writer.executeScript("COMMIT")
    let indexes = try await builds["netflix_shows"]?.indexes.map(\.index)
    #expect(indexes == ["netflix_shows_embedding_minilm_hnsw_cosine"])
    #expect(
      try db.query(
        "SELECT bool_and(indisvalid) FROM pg_index WHERE indexrelid = to_regclass(\(indexes?.first))"
      )
      .scalar()
    )
  }

  @Test(.temporaryDatabase, .timeLimit(.minutes(30)))
  func `an index that two processes drop at once is dropped by one, and neither fails`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    try await database.succeed("seed")
    try await database.succeed("embed")
    let index = ["--table", "netflix_shows", "--encoder", "minilm"]
    try await database.succeed("index", "use", "hnsw", index[0], index[1], index[2], index[3])
    var db = try database.connect()
    try db.execute("UPDATE netflix_shows SET description = description || '!'")
    // The index cannot go before both are at work.
    var writer = try database.connect()
    try writer.executeScript("BEGIN; LOCK TABLE netflix_shows IN ROW EXCLUSIVE MODE")
    async let one = database.embed("--table", "netflix_shows")
    async let other = database.embed("--table", "netflix_shows")
    try await wait(
      for: database,
      until: """
        EXISTS (SELECT FROM pg_stat_activity
                WHERE datname = current_database() AND query LIKE 'DROP INDEX CONCURRENTLY%'
                  AND wait_event_type = 'Lock')
        """
    )
    try writer.executeScript("COMMIT")
    let reports = try await [one, other].compactMap { $0["netflix_shows"] }
    #expect(reports.reduce(0) { $0 + $1.embedded } == 159)
    #expect(reports.flatMap(\.indexes).count == 1)
  }

  @Test(.temporaryDatabase) func `a movie's text has what it has, and no label without a field`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    var db = try database.connect()
    try db.execute(
      """
      INSERT INTO movie (movie_id, title, year, genres, "cast", language, summary) VALUES
        (1, 'Heat', 1995, '{Crime,Drama}', '{Ann,Bob,Cid,Dee,Eve,Fay}', 'English', 'A heist.'),
        (2, 'Bare', NULL, '{}', '{}', NULL, NULL);
      """
    )
    try db.execute(
      "INSERT INTO rating VALUES (1, 1, 4.5, now()), (2, 1, 4.0, now()), (3, 1, 4.0, now())"
    )
    let id: Int = try db.query(
      "SELECT embedding_id FROM dbtool.embedding WHERE table_name = 'movie' AND encoder = 'minilm'"
    ).scalar()
    let rows: String = try db.query("SELECT dbtool.embedding_rows(\(id))").scalar()
    let texts = try db.query("SELECT content FROM (\(unsafeRaw: rows)) AS item ORDER BY key")
      .map { row -> String in try row["content"] }
    #expect(
      texts == [
        "Heat (1995). Genres: Crime, Drama. Cast: Ann, Bob, Cid, Dee, Eve. Language: English. "
          + "Rating: 4.2. A heist.", "Bare",
      ]
    )
  }

  private func vectors(_ db: inout PQConnection) throws -> String {
    try db.query("SELECT md5(string_agg(embedding_minilm::text, '' ORDER BY film_id)) FROM film")
      .scalar()
  }
}
