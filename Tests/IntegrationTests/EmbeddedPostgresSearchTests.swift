import EmbeddedPostgres
import Foundation
import Testing

@Suite("The search for a server")
struct EmbeddedPostgresSearchTests {
  @Test func `takes the newest that qualifies`() async throws {
    let found = try await testSearch().newest()
    #expect(found.version >= [18])
    #expect(found.pgvectorVersion ?? [] >= [0, 8, 4])
    #expect(FileManager.default.isExecutableFile(atPath: found.program("psql")))
    #expect(try await testSearch().newest(major: 16).version.major == 16)
  }

  @Test func `takes the one that is named, however old the others are`() async throws {
    let sixteen = try await testSearch().newest(major: 16)
    let named = InstallationSearch(
      toolsDirectories: [packageDirectory + ".tools"],
      environment: ["DBTOOL_POSTGRES_BIN": sixteen.binDirectory]
    )
    #expect(try await named.newest() == sixteen)
    let error = await #expect(throws: EmbeddedPostgresError.self) {
      try await named.newest(major: 18)
    }
    #expect(error?.code == .unsuitableInstallation)
  }

  @Test(arguments: [
    ("PostgreSQL 15.18 (Debian)", "0.8.5", "PostgreSQL 15.18 is too old"),
    ("PostgreSQL 18.4", "0.8.3", "PostgreSQL 18.4 has pgvector 0.8.3, which is too old"),
    ("PostgreSQL 17.2", "", "PostgreSQL 17.2 has no pgvector"),
  ])
  func `says what is wrong with the one that is named`(
    version: String,
    pgvector: String,
    reason: String
  ) async throws {
    let directory = try pretendInstallation(version: version, pgvector: pgvector)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let search = testSearch(explicit: directory)
    let error = await #expect(throws: EmbeddedPostgresError.self) { try await search.newest() }
    #expect(error?.code == .unsuitableInstallation)
    #expect(error?.message.contains(reason) == true)
    #expect(await search.all().count == 1)
  }

  @Test func `finds the server of a pg_config on PATH`() async throws {
    let directory = try pretendInstallation(version: "PostgreSQL 99.1", pgvector: "0.9.0")
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let search = InstallationSearch(
      toolsDirectories: [packageDirectory + ".tools"],
      environment: ["PATH": "/nowhere:\(directory):/usr/bin"]
    )
    #expect(try await search.newest().version == [99, 1])
    #expect(try await search.newest(major: 18).version.major == 18)
  }

  @Test func `names what to do when there is none`() async throws {
    let nothing = InstallationSearch(
      explicit: "/nonexistent",
      toolsDirectories: [],
      environment: [:]
    )
    let error = await #expect(throws: EmbeddedPostgresError.self) { try await nothing.newest() }
    #expect(error?.advice.contains("DBTOOL_POSTGRES_BIN") == true)
  }

  @Test func `orders versions number by number`() {
    #expect(DottedVersion(in: "PostgreSQL 18.4 (Debian 18.4-1)") == [18, 4])
    #expect(DottedVersion(in: "default_version = '0.8.10'") ?? [] > [0, 8, 4])
    #expect(DottedVersion(in: "PostgreSQL 19beta1") == [19])
    #expect(DottedVersion(in: "none") == nil)
    #expect(DottedVersion(arrayLiteral: 18, 0) == [18])
    #expect("\([18] as DottedVersion)" == "18.0")
  }

  @Test func `keeps a project's cluster in the project, others in the state directory`() {
    let home = ["HOME": "/home/u"]
    #expect(ClusterPlace.directory(project: "/p", environment: home) == "/p/.dbtool")
    #expect(
      ClusterPlace.directory(project: nil, environment: home) == "/home/u/.local/state/dbtool"
    )
    let state = ["HOME": "/home/u", "XDG_STATE_HOME": "/s"]
    #expect(ClusterPlace.directory(project: nil, environment: state) == "/s/dbtool")
  }

  /// A directory of programs that answer as a server of these versions would.
  private func pretendInstallation(version: String, pgvector: String) throws -> String {
    let directory = "/tmp/dbtool-test-\(UInt32.random(in: 0...UInt32.max))"
    let files = FileManager.default
    try files.createDirectory(
      atPath: directory + "/extension",
      withIntermediateDirectories: true
    )
    let script = """
      #!/bin/sh
      for word; do case $word in
        --version) echo '\(version)' ;;
        --sharedir | --bindir) echo '\(directory)' ;;
      esac; done
      """
    for program in ["postgres", "initdb", "pg_config"] {
      let path = "\(directory)/\(program)"
      try script.write(toFile: path, atomically: true, encoding: .utf8)
      try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }
    if !pgvector.isEmpty {
      try "comment = 'c'\ndefault_version = '\(pgvector)'\n".write(
        toFile: directory + "/extension/vector.control",
        atomically: true,
        encoding: .utf8
      )
    }
    return directory
  }
}
