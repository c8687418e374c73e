import EmbeddedPostgres
import Foundation
import Testing

@Suite("The embedded server")
struct EmbeddedPostgresTests {
  @Test func `starts, keeps its data over a stop, and leaves nothing when destroyed`() async throws
  {
    try await withScratchCluster { cluster in
      #expect(try cluster.status() == .absent)
      var notices: [String] = []
      let first = try await cluster.start { notices.append($0) }
      #expect(notices.count == 1)
      #expect(notices.first?.hasPrefix("creating the embedded PostgreSQL 18.") == true)
      #expect(try cluster.status() == .running(first))
      #expect(try await first.psql("CREATE TABLE t AS SELECT 7 AS n; SELECT n FROM t") == "7")
      #expect(try await cluster.start { notices.append($0) } == first)
      #expect(notices.count == 1)

      #expect(try await cluster.stop())
      #expect(try cluster.status() == .stopped(major: 18))
      #expect(try await !cluster.stop())
      let second = try await cluster.start()
      #expect(try await second.psql("SELECT n FROM t") == "7")

      #expect(try await cluster.destroy())
      #expect(try cluster.status() == .absent)
      #expect(!FileManager.default.fileExists(atPath: cluster.directory))
      #expect(!FileManager.default.fileExists(atPath: second.socketDirectory))
    }
  }

  @Test func `has UTF-8, pgvector, one superuser and no door but its socket`() async throws {
    try await withScratchCluster { cluster in
      let server = try await cluster.start()
      #expect(try await server.psql("SHOW server_encoding") == "UTF8")
      #expect(try await server.psql("SHOW listen_addresses") == "")
      #expect(try await server.psql("SELECT 'a' < 'B', lower('Ä')") == "f|ä")
      #expect(try await server.psql("SHOW default_text_search_config") == "pg_catalog.english")
      #expect(try await server.psql("CREATE EXTENSION vector; SELECT '[1,2]'::vector") == "[1,2]")
      let roles = "SELECT string_agg(rolname, ',') FROM pg_roles WHERE rolcanlogin"
      #expect(try await server.psql(roles) == "postgres")
      let mode = try FileManager.default.attributesOfItem(atPath: server.socketDirectory)
      #expect(mode[.posixPermissions] as? Int == 0o700)
      #expect(server.connectionParameters()["host"] == server.socketDirectory)
    }
  }

  @Test func `runs in a session of its own, never as root`() async throws {
    try await withScratchCluster { cluster in
      let server = try await cluster.start()
      #expect(getsid(server.processID) != getsid(0))
      #expect(getsid(server.processID) > 0)
      let owner = try FileManager.default.attributesOfItem(atPath: server.dataDirectory)
      #expect(owner[.ownerAccountID] as? Int != 0)
    }
  }

  @Test(.timeLimit(.minutes(30))) func `programs start while threads come and go`() async throws {
    let churn = Thread {
      while !Thread.current.isCancelled {
        let started = DispatchSemaphore(value: 0)
        Thread { started.signal() }.start()
        started.wait()
      }
    }
    churn.start()
    defer { churn.cancel() }
    let user = try ServerUser()
    for _ in 1...20 {
      let outcome = try await Program.run("/usr/bin/id", ["-u"], as: user, in: "/")
      #expect(outcome.output != "0\n" && outcome.lines.count == 1)
    }
  }

  @Test func `sixteen and eighteen coexist in one directory`() async throws {
    try await withScratchCluster(major: nil) { newest in
      let old = EmbeddedCluster(directory: newest.directory, search: testSearch(), major: 16)
      let sixteen = try await old.start()
      #expect(try await sixteen.psql("SHOW server_version_num").hasPrefix("16"))
      // Data that exists decides, though a newer server is there.
      #expect(try await newest.start() == sixteen)
      let new = EmbeddedCluster(directory: newest.directory, search: testSearch(), major: 18)
      let eighteen = try await new.start()
      #expect(try await eighteen.psql("SHOW server_version_num").hasPrefix("18"))
      #expect(try await sixteen.psql("SELECT 1") == "1")
      #expect(try await newest.stop())
      #expect(try newest.status() == .stopped(major: 18))
    }
  }

  @Test(arguments: ["a, \"b\" 'c' ü", "\"quoted\" b", String(repeating: "long", count: 30)])
  func `works in a directory with an unusual name`(name: String) async throws {
    try await withScratchCluster(named: name) { cluster in
      let server = try await cluster.start()
      #expect(server.socketDirectory.utf8.count <= 93)
      #expect(try await server.psql("SELECT 1") == "1")
    }
  }

  @Test func `serves a checkout that nobody else can enter, to root through a copy`() async throws {
    let isRoot = geteuid() == 0
    let base = ProcessInfo.processInfo.environment["HOME"] ?? NSHomeDirectory()
    let home = base + "/dbtool-test-\(UInt32.random(in: 0...UInt32.max))"
    let files = FileManager.default
    try files.createDirectory(
      atPath: home,
      withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700]
    )
    defer { try? files.removeItem(atPath: home) }
    _ = try await Program.run("/bin/cp", ["-R", packageDirectory + ".tools", home])
    let cluster = EmbeddedCluster(
      directory: ClusterPlace.directory(project: home, environment: [:]),
      search: InstallationSearch(toolsDirectories: [home + "/.tools"], environment: [:]),
      major: 18
    )
    let server = try await cluster.start()
    #expect(server.binDirectory.hasPrefix(home))
    #expect(server.dataDirectory.hasPrefix(isRoot ? "/var/lib/dbtool/" : home))
    #expect(try await server.psql("CREATE EXTENSION vector; SELECT 1") == "1")
    #expect(try cluster.status() == .running(server))
    #expect(try await cluster.destroy())
    #expect(!files.fileExists(atPath: server.dataDirectory))
    #expect(!files.fileExists(atPath: cluster.directory))
  }
}
