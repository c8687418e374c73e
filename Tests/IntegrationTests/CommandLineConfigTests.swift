import Foundation
import TestSupport
import Testing

@Suite("The command line: where settings come from")
struct CommandLineConfigTests {
  private struct Config: Decodable {
    struct Setting: Decodable {
      var name: String
      var value: String?
      var source: String
    }

    var settings: [Setting]

    subscript(name: String) -> Setting? { settings.first { $0.name == name } }
  }

  private func config(
    in folder: ScratchFolder,
    _ arguments: String...,
    environment: [String: String] = [:]
  ) async throws -> Config {
    let outcome = try await DBToolProcess.run(
      ["config", "--format", "json"] + arguments,
      environment: environment,
      directory: folder.path
    )
    try #require(outcome.status == 0, "\(outcome)")
    #expect(outcome.stderr == "")
    return try JSONDecoder().decode(Config.self, from: Data(outcome.stdout.utf8))
  }

  @Test func `an option wins over the environment, which wins over .env`() async throws {
    let folder = try ScratchFolder()
    try folder.write("dbtool.json", "{}")
    try folder.write(".env", "DATABASE_URL=postgresql://file/db\n")

    let file = try await config(in: folder)
    #expect(file["connection"]?.value == "dbname=db host=file")
    #expect(file["DATABASE_URL"]?.source == folder.path + "/.env")

    let variable = ["DATABASE_URL": "postgresql://variable/db"]
    let environment = try await config(in: folder, environment: variable)
    #expect(environment["connection"]?.value == "dbname=db host=variable")
    #expect(environment["DATABASE_URL"]?.source == "environment")

    let url = "postgresql://option/db"
    let option = try await config(in: folder, "--database-url", url, environment: variable)
    #expect(option["connection"]?.value == "dbname=db host=option")
    #expect(option["connection"]?.source == "--database-url")
  }

  @Test func `PG variables come after DATABASE_URL, from .env and the environment`() async throws {
    let folder = try ScratchFolder()
    try folder.write("migrations/.keep", "")
    try folder.write(".env", "PGHOST=/file\nPGUSER=reader\nPGPASSWORD=hunter2secret\n")

    let file = try await config(in: folder)
    #expect(file["connection"]?.value == "host=/file password=**** user=reader")
    #expect(file["PGUSER"]?.source == folder.path + "/.env")
    #expect(file["PGPASSWORD"]?.value == "****")

    let both = try await config(in: folder, environment: ["PGHOST": "/variable"])
    #expect(both["connection"]?.value == "host=/variable password=**** user=reader")
    #expect(both["PGHOST"]?.source == "environment")

    let url = ["DATABASE_URL": "postgresql:///shop"]
    let completed = try await config(in: folder, environment: url)
    #expect(
      completed["connection"]?.value == "dbname=shop host=/file password=**** user=reader"
    )
  }

  @Test func `without any of them it is the embedded cluster, which is not started`() async throws {
    let folder = try ScratchFolder()
    try folder.write("migrations/.keep", "")
    let none = try await config(in: folder, environment: ["DATABASE_URL": "", "PGHOST": ""])
    #expect(none["connection"]?.value == "embedded, database dbtool")
    #expect(none["project"]?.value == folder.path)
    let named = try await config(in: folder, environment: ["DBTOOL_DATABASE": "demo"])
    #expect(named["connection"]?.value == "embedded, database demo")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["migrations"])
  }

  @Test(arguments: [
    "PGHOST=/right", "PGHOST = /right", "export PGHOST=/right", "PGHOST='/right'",
    "PGHOST=\"/right\" # why",
    "PGHOST=/right # why", "# a comment\r\n\r\nPGHOST=/right\r\nOTHER=1\r\n",
    "PGHOST=/wrong\nPGHOST=/right",
    "KEY=\"-----BEGIN\nnot a line\n-----END\"\nPGHOST=/right", "\u{FEFF}PGHOST=/right",
  ])
  func `.env is read as others read it`(content: String) async throws {
    let folder = try ScratchFolder()
    try folder.write("dbtool.json", "{}")
    try folder.write(".env", content)
    #expect(try await config(in: folder)["connection"]?.value == "host=/right")
  }

  @Test(arguments: [
    "A=1\nDATABASE_URL postgresql://u:hunter2secret@h/db", "A=1\nPGPASSWORD=\"hunter2secret",
    "A=1\nexport PGPASSWORD: hunter2secret",
  ])
  func `a line of .env that would be lost is refused, without its text`(
    content: String
  ) async throws {
    let folder = try ScratchFolder()
    try folder.write("dbtool.json", "{}")
    try folder.write(".env", content)
    let outcome = try await DBToolProcess.run(["config"], directory: folder.path)
    expectRefusal(outcome, 65, says: "\(folder.path)/.env:2: no value of ")
    #expect(!outcome.stderr.contains("hunter2secret"))
  }

  @Test func `a .env that is a folder is refused`() async throws {
    let folder = try ScratchFolder()
    try folder.write("dbtool.json", "{}")
    try folder.write(".env/x", "")
    let outcome = try await DBToolProcess.run(["config"], directory: folder.path)
    expectRefusal(outcome, 65, says: "\(folder.path)/.env: cannot be read")
  }

  @Test(arguments: ["{", "[]", "{\"migrations\": 5}", ""])
  func `a dbtool.json that is no settings is refused`(content: String) async throws {
    let folder = try ScratchFolder()
    try folder.write("dbtool.json", content)
    for command in [["config"], ["migrate", "status"]] {
      let outcome = try await DBToolProcess.run(command, directory: folder.path)
      expectRefusal(outcome, 65, says: "\(folder.path)/dbtool.json")
    }
  }

  @Test func `a dbtool.json with an unknown key names those there are`() async throws {
    let folder = try ScratchFolder()
    try folder.write("dbtool.json", "{\"migrations\": \"db\", \"migration\": \"db\"}")
    let outcome = try await DBToolProcess.run(["config"], directory: folder.path)
    expectRefusal(outcome, 65, says: "there is no setting \"migration\"", "are: migrations")
  }

  @Test(arguments: ["postgresql:///x?sslmode=bogus", "host=/tmp port=99999999"])
  func `a parameter that no server was asked about is wrong usage`(url: String) async throws {
    let outcome = try await DBToolProcess.run(["migrate", "status", "--database-url", url])
    expectRefusal(outcome, 64, says: "invalid", "correct the connection's settings")
  }

  @Test func `the project is the nearest folder upwards`() async throws {
    let folder = try ScratchFolder()
    try folder.write("dbtool.json", "{\"migrations\": \"db/changes\"}")
    try folder.write("db/changes/1_t.sql", "-- migrate:up\nSELECT 1;\n-- migrate:down\n")
    try folder.write("src/deep/x", "")
    let outcome = try await DBToolProcess.run(
      ["config", "--format", "json"],
      directory: folder.path + "/src/deep"
    )
    let found = try JSONDecoder().decode(Config.self, from: Data(outcome.stdout.utf8))
    #expect(found["project"]?.value == folder.path)
    #expect(found["migrations"]?.value == folder.path + "/db/changes")
  }

  @Test func `outside of a project migrate names what is missing`() async throws {
    let folder = try ScratchFolder()
    try folder.write("x", "")
    for command in [["migrate"], ["migrate", "status"], ["migrate", "down"], ["seed"]] {
      let outcome = try await DBToolProcess.run(
        command,
        environment: ["PGHOST": "/nowhere"],
        directory: folder.path
      )
      #expect(outcome.status == 66 || command == ["seed"] && outcome.status == 69, "\(outcome)")
      expectRefusal(outcome, outcome.status ?? -1)
    }
  }
}
