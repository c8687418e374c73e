import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

extension TortureTests {
  /// These rounds take longer than the others: a handful, or as many as `DBTOOL_TORTURE_ROUNDS` says.
  static let modelRounds =
    ProcessInfo.processInfo.environment["DBTOOL_TORTURE_ROUNDS"].flatMap { Int($0) } ?? 5

  /// In each round most texts change, some rows go, come and fall silent; `embed` is killed, one process or
  /// two at once, and runs again.
  @Test func `a model's embed killed at any moment leaves each vector with its own text`()
    async throws
  {
    try await TestDatabase.with(vector: false) {
      let catalogue = try await ChangingCatalogue(try TestDatabase.current)
      let length = try await catalogue.undisturbed()
      for round in 0..<Self.modelRounds {
        try catalogue.change()
        let delays = (0...Int.random(in: 0...1)).map { _ in length * Double.random(in: 0...1.2) }
        let isHalfDisturbed = delays.count == 2 && Bool.random()
        let endings = try await catalogue.embed(
          killedAfter: isHalfDisturbed ? [delays[0], nil] : delays
        )
        let killing: Comment = "round \(round): \(delays), \(endings)"
        if isHalfDisturbed { #expect(endings[1].status == 0, killing) }
        try catalogue.checkWhatIsLeft(killing)

        // Servers of killed processes may still be at work.
        #expect(try await catalogue.embed(killedAfter: [nil])[0].status == 0, killing)
        try catalogue.checkWhatIsLeft(killing)
        try await catalogue.waitForSessions()
        _ = try await catalogue.database.embed("--encoder", "minilm")
        try catalogue.checkCompletion(killing)
        let idle = try await catalogue.database.embed("--encoder", "minilm")["netflix_shows"]
        #expect(idle?.embedded == 0 && idle?.waiting == 0 && idle?.indexes.isEmpty == true, killing)
      }
    }
  }
}

/// Shows whose texts change between two forms each, and the vectors of both.
private struct ChangingCatalogue {
  let database: TestDatabase

  private static let count = 3000
  private static let index = "netflix_shows_embedding_minilm_hnsw_cosine"

  init(_ database: TestDatabase) async throws {
    self.database = database
    try await database.succeed("migrate")
    var db = try database.connect()
    try db.executeScript(
      """
      CREATE TABLE forms AS
      SELECT 't' || row_number() OVER (ORDER BY word, who, place) AS show_id,
             format('A %s %s in %s', word, who, place) AS one,
             format('From %s, the %s is %s', place, who, word) AS other
      FROM unnest('{red,old,tall,shy,loud,blind,rich,late,wet,brave,cold,proud,tired,tiny,sick,lost,mad,lucky,calm,vain}'::text[]) AS word,
           unnest('{king,dog,baker,nurse,thief,robot,ghost,clown,pilot,judge,whale,monk,twin,spy,poet}'::text[]) AS who,
           unnest('{Oslo,Lima,Kyoto,Cairo,Paris,space,a cave,the war,a school,the snow}'::text[]) AS place;
      INSERT INTO netflix_shows (show_id, type, title, description)
      SELECT show_id, 'Movie', show_id, one FROM forms;
      CREATE TABLE vectors (text_hash bytea PRIMARY KEY, embedding vector(384));
      """
    )
    for _ in 0..<2 {
      _ = try await database.embed("--encoder", "minilm", "--workers", "2")
      try db.executeScript(
        """
        INSERT INTO vectors
        SELECT dbtool.text_hash(description), embedding_minilm FROM netflix_shows;
        UPDATE netflix_shows SET description = forms.other FROM forms
        WHERE forms.show_id = netflix_shows.show_id
        """
      )
    }
    let texts: Int = try db.query("SELECT count(*) FROM vectors").scalar()
    try #require(texts == 2 * Self.count)
    try await database.succeed(
      "index",
      "use",
      "hnsw",
      "--table",
      "netflix_shows",
      "--encoder",
      "minilm"
    )
  }

  /// Changes the text of more than half of the rows, takes some away, brings back those that were taken,
  /// and blanks some.
  func change() throws {
    var db = try database.connect()
    try db.executeScript(
      """
      UPDATE netflix_shows SET description = CASE description WHEN one THEN other ELSE one END
      FROM forms WHERE forms.show_id = netflix_shows.show_id AND random() < 0.6;
      INSERT INTO netflix_shows (show_id, type, title, description)
      SELECT show_id, 'Movie', show_id, one FROM forms ON CONFLICT DO NOTHING;
      DELETE FROM netflix_shows WHERE random() < 0.01;
      UPDATE netflix_shows SET description = E' \\t' WHERE random() < 0.01
      """
    )
  }

  /// Runs two processes at once to their end: they share the rows, and do none twice.
  ///
  /// - Returns: The time that one process takes.
  func undisturbed() async throws -> Duration {
    for _ in 0..<2 {
      try change()
      var db = try database.connect()
      let due: Int = try db.query(
        """
        SELECT count(*) FROM netflix_shows AS show
        LEFT JOIN dbtool.embedding_state AS state ON state.row_key = show.show_id
        WHERE description ~ '\\w'
          AND state.text_hash IS DISTINCT FROM dbtool.text_hash(description)
        """
      ).scalar()
      async let first = database.embed("--encoder", "minilm", "--workers", "2")
      async let second = database.embed("--encoder", "minilm", "--workers", "2")
      let reports = try await [first, second]
      #expect(reports.reduce(0) { $0 + ($1["netflix_shows"]?.embedded ?? 0) } == due)
      try checkCompletion("undisturbed")
    }
    try change()
    let start = ContinuousClock.now
    _ = try await database.embed("--encoder", "minilm", "--workers", "2")
    return start.duration(to: .now)
  }

  /// Runs as many processes at once as there are moments to kill them; nil is never.
  func embed(killedAfter delays: [Duration?]) async throws -> [DBToolProcess.Outcome] {
    try await withThrowingTaskGroup { group in
      for (place, delay) in delays.enumerated() {
        group.addTask {
          let outcome = try await database.dbtool("embed", "--encoder", "minilm", "--workers", "2")
          {
            guard let delay else { return }
            try await Task.sleep(for: delay)
            try? $0.send(SIGKILL)  // it may have come to its end
          }
          return (place, outcome)
        }
      }
      var outcomes: [Int: DBToolProcess.Outcome] = [:]
      for try await (place, outcome) in group { outcomes[place] = outcome }
      return delays.indices.compactMap { outcomes[$0] }
    }
  }

  func waitForSessions() async throws {
    try await wait(
      for: database,
      until: """
        NOT EXISTS (SELECT FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name LIKE 'dbtool/%')
        """
    )
  }

  private static let rows: SQLFragment = """
    netflix_shows AS show
    FULL JOIN (
      SELECT state.* FROM dbtool.embedding_state AS state
      JOIN dbtool.embedding USING (embedding_id)
      WHERE table_name = 'netflix_shows' AND encoder = 'minilm'
    ) AS state ON state.row_key = show.show_id
    LEFT JOIN vectors ON vectors.text_hash = state.text_hash
    """

  /// At every moment a vector has a state, and a state that names a text the text's vector.
  func checkWhatIsLeft(_ comment: Comment) throws {
    var db = try database.connect()
    let row = try db.query(
      """
      SELECT count(*) FILTER (WHERE embedding_minilm IS NOT NULL AND state.row_key IS NULL) AS unknown,
             count(*) FILTER (
               WHERE state.text_hash IS NOT NULL AND show.show_id IS NOT NULL
                 AND (embedding_minilm <=> vectors.embedding < 1e-5) IS NOT TRUE
             ) AS wrong
      FROM \(Self.rows)
      """
    )[0]
    let (unknown, wrong): (Int, Int) = (try row["unknown"], try row["wrong"])
    #expect(unknown == 0 && wrong == 0, comment)
  }

  /// At the end each row that has a text has its vector, no other row has one, and the index is there.
  func checkCompletion(_ comment: Comment) throws {
    try checkWhatIsLeft(comment)
    var db = try database.connect()
    let row = try db.query(
      """
      SELECT count(*) FILTER (
               WHERE description ~ '\\w'
                 AND state.text_hash IS DISTINCT FROM dbtool.text_hash(description)
             ) AS stale,
             count(*) FILTER (WHERE description ~ '\\w') AS texts,
             count(state.row_key) AS states,
             count(embedding_minilm) AS vectors,
             (SELECT count(*) FROM pg_index
              WHERE indexrelid = to_regclass(\(Self.index)) AND indisvalid) AS indexes,
             (SELECT count(*) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
              JOIN pg_am ON pg_am.oid = relam WHERE amname = 'hnsw') AS all_indexes
      FROM \(Self.rows)
      """
    )[0]
    let counts: [Int] = try ["stale", "texts", "states", "vectors", "indexes", "all_indexes"]
      .map { try row[$0] }
    #expect(counts == [0, counts[1], counts[1], counts[1], 1, 1], comment)
  }
}
