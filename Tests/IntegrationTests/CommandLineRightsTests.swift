import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: rights")
struct CommandLineRightsTests {
  @Test(.temporaryDatabase) func `a reader needs what the README says, and no more`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    var db = try database.connect()
    try await database.withRole { role in
      try db.execute("REVOKE CONNECT ON DATABASE \(ident: database.name) FROM PUBLIC")
      try db.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
      let url = database.url(user: role)
      let recommend = {
        try await database.dbtool("recommend-netflix", "--customer", "5", url: url)
      }
      expectRefusal(try await recommend(), 77, says: "permission denied for database")
      try db.execute("GRANT CONNECT ON DATABASE \(ident: database.name) TO \(ident: role)")
      let hidden = try await recommend()
      expectRefusal(hidden, hidden.status == 78 ? 78 : 77)
      try db.execute("GRANT USAGE ON SCHEMA public TO \(ident: role)")
      for table in ["film", "netflix_shows", "customer_film"] {
        expectRefusal(try await recommend(), 77, says: "permission denied for", "ask the owner")
        try db.execute("GRANT SELECT ON \(ident: table) TO \(ident: role)")
      }
      #expect(try await database.recommend("--customer", "5", url: url).returned == 5)

      // Only an answer that is short asks for the customer.
      let unknown = try await database.dbtool("recommend-netflix", "--customer", "999", url: url)
      expectRefusal(unknown, 77, says: "permission denied for table customer ")
      try db.execute("GRANT SELECT ON customer TO \(ident: role)")
      let absent = try await database.dbtool("recommend-netflix", "--customer", "999", url: url)
      expectRefusal(absent, 66, says: "no customer 999")
      let short = try await database.recommend("--customer", "5", "--limit", "1000", url: url)
      #expect(short.why?.contains("159") == true)

      // Who may only read changes nothing.
      let before = try await database.schemaDump(withInternal: true)
      for command in [
        ["embed", "--encoder", "lexical"], ["migrate"], ["migrate", "down", "--yes"],
        ["seed", "--append"],
        ["migrate", "status"],
      ] {
        let outcome = try await DBToolProcess.run(command, environment: ["DATABASE_URL": url])
        expectRefusal(outcome, 77, says: "permission denied")
      }
      #expect(try await database.schemaDump(withInternal: true) == before)
      try db.execute("GRANT USAGE ON SCHEMA dbtool TO \(ident: role)")
      try db.execute("GRANT SELECT ON ALL TABLES IN SCHEMA dbtool TO \(ident: role)")
      let status = try await database.dbtool("migrate", "status", "--exit-code", url: url)
      #expect(status.status == 0, "\(status)")
      #expect(status.stdout.contains("\(movieMigrations) applied"))
      let index = try await database.dbtool(
        "index",
        "use",
        "hnsw",
        "--table",
        "film",
        "--encoder",
        "lexical",
        url: url
      )
      expectRefusal(index, 77, says: "must be owner of table film")
      try db.execute("GRANT CONNECT ON DATABASE \(ident: database.name) TO PUBLIC")
    }
  }

  @Test(.temporaryDatabase) func `a migrator without superuser`() async throws {
    let database = try TestDatabase.current
    var db = try database.connect()
    try await database.withRole { role in
      let url = database.url(user: role)
      expectRefusal(
        try await database.dbtool("migrate", url: url),
        77,
        says: "permission denied",
        "GRANT CREATE"
      )
      try db.execute("GRANT CREATE ON DATABASE \(ident: database.name) TO \(ident: role)")
      try db.execute("GRANT USAGE, CREATE ON SCHEMA public TO \(ident: role)")

      let stopped = try await database.dbtool("migrate", url: url)
      #expect(stopped.status == 77, "\(stopped)")
      #expect(stopped.errorLines.count <= 4)
      #expect(stopped.stderr.contains("permission denied to create extension \"vector\""))
      #expect(stopped.stderr.contains("superuser run CREATE EXTENSION"))
      #expect(stopped.stdout.contains("applied 20261121090500_create_movie.sql"))

      try db.execute("CREATE EXTENSION vector")
      try await database.succeed("migrate", url: url)
      try await database.succeed("seed", url: url)
      try await database.succeed("embed", "--encoder", "lexical", url: url)
      try await database.succeed(
        "index",
        "use",
        "hnsw",
        "--table",
        "film",
        "--encoder",
        "lexical",
        url: url
      )
      #expect(try await database.recommend("--customer", "5", url: url).returned == 5)
      try await database.succeed("embed", "--encoder", "lexical", "--refit", url: url)
      try await database.succeed("migrate", "down", "--all", "--yes", url: url)
      try await database.succeed("migrate", url: url)
    }
  }

  @Test(.temporaryDatabase) func `read commands write nothing`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    let url = try database.url(options: "-c default_transaction_read_only=on")
    let before = try await database.schemaDump(withInternal: true)
    let answer = try await database.recommend("--customer", "5", url: url)
    #expect(answer.returned == 5)
    for command in [
      ["recommend-netflix", "--customer", "5", "--show-sql"],
      ["recommend-netflix", "--customer", "5", "--exact", "-e"],
      ["recommend-netflix", "--customer", "5", "--limit", "1000"],
      ["migrate", "status", "--exit-code"], ["config"],
    ] {
      let outcome = try await DBToolProcess.run(command, environment: ["DATABASE_URL": url])
      #expect(outcome.status == 0, "\(outcome)")
    }
    for command in [
      ["embed", "--encoder", "lexical", "--refit"], ["seed", "--append"],
      ["migrate", "down", "--yes"],
      ["index", "use", "hnsw", "--table", "film", "--encoder", "lexical"],
    ] {
      let outcome = try await DBToolProcess.run(command, environment: ["DATABASE_URL": url])
      expectRefusal(outcome, 78, says: "read-only transaction", "primary")
    }
    #expect(try await database.schemaDump(withInternal: true) == before)
    #expect(try await database.recommend("--customer", "5").rows == answer.rows)
  }

  @Test(.temporaryDatabase) func `the application names itself`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    var blocker = try database.connect()
    try blocker.executeScript("BEGIN; LOCK TABLE customer_film, film")
    let outcome = try await database.dbtool("recommend-netflix", "--customer", "5") { _ in
      try await wait(
        for: database,
        until: """
          EXISTS (SELECT FROM pg_stat_activity
                  WHERE datname = current_database()
                    AND application_name = 'dbtool/recommend-netflix' AND wait_event_type = 'Lock')
          """
      )
      try blocker.executeScript("ROLLBACK")
    }
    #expect(outcome.status == 0)
  }
}
