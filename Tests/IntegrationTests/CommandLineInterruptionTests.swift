import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: Ctrl-C", .timeLimit(.minutes(30)))
struct CommandLineInterruptionTests {
  /// True once a session of dbtool waits for a lock.
  private static let waits: SQLFragment = """
    EXISTS (SELECT FROM pg_stat_activity
            WHERE datname = current_database() AND application_name LIKE 'dbtool/%'
              AND wait_event_type = 'Lock')
    """
  private static let sleeps: SQLFragment = """
    EXISTS (SELECT FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event = 'PgSleep')
    """
  private static let noSession: SQLFragment = """
    NOT EXISTS (SELECT FROM pg_stat_activity
                WHERE datname = current_database() AND application_name LIKE 'dbtool/%')
    """

  @Test(.temporaryDatabase, arguments: [SIGINT, SIGTERM])
  func `embed stops, nothing is half done, and the next run completes it`(
    signal: Int32
  ) async throws {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    try await database.succeed("seed")
    var blocker = try database.connect()
    try blocker.executeScript("BEGIN; SELECT FROM netflix_shows WHERE show_id = 's100' FOR UPDATE")
    let stopped = try await database.dbtool("embed", "--encoder", "lexical", "--format", "json") {
      process in
      try await wait(for: database, until: Self.waits)
      try process.send(signal)
    }
    expectRefusal(stopped, 128 + signal, says: "interrupted; run the same command again to go on")
    try blocker.executeScript("ROLLBACK")
    try await wait(for: database, until: Self.noSession)

    var db = try database.connect()
    let counts: [Int] = try db.query(
      """
      SELECT ARRAY[count(embedding_lexical), (
        SELECT count(*) FROM dbtool.embedding_state JOIN dbtool.embedding USING (embedding_id)
        WHERE table_name = 'netflix_shows')]
      FROM netflix_shows
      """
    ).scalar()
    #expect(counts == [0, 0])
    let report = try await database.succeed("embed", "--encoder", "lexical")
    #expect(report.contains("netflix_shows       159"), "\(report)")
    #expect(try await database.recommend("--customer", "5").returned == 5)
  }

  @Test(.temporaryDatabase) func `migrate stops in the middle of a statement`() async throws {
    let database = try TestDatabase.current
    let folder = try ScratchFolder()
    try folder.write(
      "1_a.sql",
      "-- migrate:up\nCREATE TABLE a (id int);\n-- migrate:down\nDROP TABLE a;"
    )
    try folder.write(
      "2_b.sql",
      "-- migrate:up\nCREATE TABLE b (id int); SELECT pg_sleep(600);\n-- migrate:down\nDROP TABLE b;"
    )
    let stopped = try await database.dbtool("migrate", "--dir", folder.path) { process in
      try await wait(for: database, until: Self.sleeps)
      try process.send(SIGINT)
    }
    #expect(stopped.status == 130, "\(stopped)")
    #expect(stopped.stdout.hasPrefix("applied 1_a.sql"))
    try folder.write(
      "2_b.sql",
      "-- migrate:up\nCREATE TABLE b (id int);\n-- migrate:down\nDROP TABLE b;"
    )
    let again = try await database.succeed("migrate", "--dir", folder.path)
    #expect(again.hasPrefix("applied 2_b.sql"))
    #expect(!again.contains("1_a.sql"))
  }

  @Test(.temporaryDatabase) func `a run that waits for another one stops, too`() async throws {
    let database = try TestDatabase.current
    let folder = try ScratchFolder()
    try folder.write("1_a.sql", "-- migrate:up\nSELECT pg_sleep(600);\n-- migrate:down\n")
    let first = try await database.dbtool("migrate", "--dir", folder.path) { running in
      try await wait(for: database, until: Self.sleeps)
      let second = try await database.dbtool("migrate", "--dir", folder.path) { waiting in
        try await wait(
          for: database,
          until: """
            (SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'dbtool/migrate') = 2
            """
        )
        try await Task.sleep(for: .milliseconds(300))
        try waiting.send(SIGINT)
      }
      // The first is still at it.
      try await wait(for: database, until: Self.sleeps)
      #expect(second.status == 130, "\(second)")
      #expect(second.stdout == "")
      #expect(second.stderr.contains("interrupted"))
      try running.send(SIGINT)
    }
    #expect(first.status == 130)
  }

  @Test(.temporaryDatabase) func `a question that waits is cancelled on the server`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    var blocker = try database.connect()
    try blocker.executeScript("BEGIN; LOCK TABLE customer_film, film")
    let stopped = try await database.dbtool("recommend-netflix", "--customer", "5") { process in
      try await wait(for: database, until: Self.waits)
      try process.send(SIGINT)
    }
    expectRefusal(stopped, 130, says: "interrupted")
    // The lock is still held: the session has gone because it was cancelled.
    try await wait(for: database, until: Self.noSession)
    try blocker.executeScript("ROLLBACK")
  }
}
