import EmbeddedPostgres
import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: passwords")
struct CommandLineSecretTests {
  /// What is looked for on every stream; each URL holds it where libpq expects something else.
  private static let secret = "hunter2secret"

  private static let urls = [
    "postgresql://u:hunter2secret@127.0.0.1:1/db",
    "postgresql://u:%68unter2secret@127.0.0.1:1/db",
    "postgresql://u:hunter2secret@localhost:1/db?sslmode=require",
    "postgresql://u@127.0.0.1:1/db?password=hunter2secret&sslpassword=hunter2secret",
    "postgresql://u:%zzhunter2secret@127.0.0.1/db",
    "postgresql://u:a@hunter2secret@127.0.0.1/db",
    "postgresql://u:a@b:hunter2secret@127.0.0.1/db",
    "postgresql://u:hunter2secret/b@127.0.0.1/db",
    "postgresql://u:12/hunter2secret@127.0.0.1/db",
    "postgresql://u:hunter2secret@127.0.0.1:port/db",
    "postgresql://u:hunter2secret@127.0.0.1:1/db?frobnicate=1",
    "mysql://u:hunter2secret@127.0.0.1/db",
    "postgresql+psycopg://u:hunter2secret@127.0.0.1/db",
    "u:hunter2secret@127.0.0.1/db",
    "host=127.0.0.1 port=1 user=u password=hunter2secret",
    "host=127.0.0.1 port=1 user=u password=two hunter2secret",
    "host=127.0.0.1 port=1 user=u password='hunter2secret",
    "host=127.0.0.1 port=1 password=hunter2secret frobnicate=1",
  ]

  @Test(arguments: urls)
  func `a URL that does not work never shows its password`(url: String) async throws {
    let recommend = ["recommend-netflix", "--customer", "5"]
    for arguments in [
      recommend, recommend + ["-e", "--format", "json"], recommend + ["--show-sql"], ["migrate"],
    ] {
      for outcome in [
        try await DBToolProcess.run(arguments + ["--database-url", url]),
        try await DBToolProcess.run(arguments, environment: ["DATABASE_URL": url]),
      ] {
        #expect([64, 69].contains(outcome.status), "\(outcome)")
        expectRefusal(outcome, outcome.status ?? -1)
        #expect(!outcome.description.contains(Self.secret), "\(outcome)")
      }
    }
  }

  @Test(arguments: urls)
  func `config masks passwords`(url: String) async throws {
    for format in ["table", "json"] {
      for outcome in [
        try await DBToolProcess.run(["config", "--format", format, "--database-url", url]),
        try await DBToolProcess.run(
          ["config", "--format", format],
          environment: ["DATABASE_URL": url, "PGPASSWORD": Self.secret]
        ),
      ] {
        #expect(outcome.status == 0, "\(outcome)")
        #expect(!outcome.description.contains(Self.secret), "\(outcome)")
      }
    }
  }

  @Test func `a misread URL says how to write it`() async throws {
    let url = "postgresql://u:p@ss@127.0.0.1/db"
    let option = try await DBToolProcess.run(["migrate", "--database-url", url])
    expectRefusal(option, 64, says: "--database-url: not a connection URL", "%40 for @")
    let variable = try await DBToolProcess.run(["migrate"], environment: ["DATABASE_URL": url])
    expectRefusal(variable, 64, says: "DATABASE_URL: not a connection URL", "%40 for @")
    expectRefusal(
      try await DBToolProcess.run(["migrate", "--database-url", ""]),
      64,
      says: "empty"
    )
  }

  @Test func `a wrong password is a matter of rights, and no password is shown`() async throws {
    try await withScratchCluster(major: TestServer.major) { cluster in
      let server = try await cluster.start()
      let password = "r1ght%@/:?#pass"
      _ = try await server.psql("CREATE ROLE guarded LOGIN PASSWORD '\(password)'")
      let rules = "local all guarded scram-sha-256\nlocal all all trust\n"
      let file = server.dataDirectory + "/pg_hba.conf"
      let handle = try #require(FileHandle(forWritingAtPath: file))
      try handle.truncate(atOffset: 0)
      try handle.write(contentsOf: Data(rules.utf8))
      try handle.close()
      _ = try await server.psql("SELECT pg_reload_conf()")
      try await Task.sleep(for: .milliseconds(200))

      let place = "postgres?host=\(server.socketDirectory)"
      let escaped = "r1ght%25%40%2F%3A%3F%23pass"
      let folder = try ScratchFolder()
      try folder.write("migrations/1_t.sql", "-- migrate:up\nSELECT 1;\n-- migrate:down\n")

      let right = "postgresql://guarded:\(escaped)@/\(place)"
      let dryRun = ["migrate", "--dry-run", "--dir", folder.path + "/migrations"]
      let accepted = try await DBToolProcess.run(dryRun, environment: ["DATABASE_URL": right])
      #expect(accepted.status == 0, "\(accepted)")

      for wrong in [
        "postgresql://guarded:hunter2secret@/\(place)", "postgresql://guarded@/\(place)",
      ] {
        for format in [["recommend-netflix", "--customer", "5", "-e", "--format", "json"], dryRun] {
          let outcome = try await DBToolProcess.run(format, environment: ["DATABASE_URL": wrong])
          expectRefusal(outcome, 77, says: "password", "dbtool config")
          #expect(!outcome.description.contains(Self.secret))
        }
      }

      // The password may come from .env, quoted or not, whatever names the rest.
      for line in ["PGPASSWORD='\(password)'", "export PGPASSWORD=\(password)\r"] {
        try folder.write(".env", line + "\n")
        let bare = "postgresql://guarded@/\(place)"
        for (arguments, environment) in [
          (dryRun, ["DATABASE_URL": bare]),
          (dryRun + ["--database-url", bare], [:]),
          (
            dryRun,
            ["PGHOST": server.socketDirectory, "PGUSER": "guarded", "PGDATABASE": "postgres"]
          ),
        ] {
          let outcome = try await DBToolProcess.run(
            arguments,
            environment: environment,
            directory: folder.path
          )
          #expect(outcome.status == 0, "\(outcome)")
          #expect(!outcome.description.contains("r1ght"))
        }
      }
      try folder.write(".env", "PGPASSWORD=hunter2secret\n")
      let refused = try await DBToolProcess.run(
        dryRun,
        environment: ["DATABASE_URL": "postgresql://guarded@/\(place)"],
        directory: folder.path
      )
      expectRefusal(refused, 77, says: "password authentication failed")
      #expect(!refused.description.contains(Self.secret))
    }
  }
}
