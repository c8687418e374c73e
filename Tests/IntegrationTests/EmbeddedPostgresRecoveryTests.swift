import EmbeddedPostgres
import Foundation
import Testing

/// Each test leaves a cluster as some accident would, and starts it again.
@Suite("The embedded server after an accident")
struct EmbeddedPostgresRecoveryTests {
  @Test func `comes back after kill -9, with all that was committed`() async throws {
    try await withScratchCluster { cluster in
      let first = try await cluster.start()
      _ = try await first.psql("CREATE TABLE t AS SELECT generate_series(1, 1000) AS n")
      first.signal(SIGKILL)
      try await first.waitForEnd()
      #expect(try cluster.status() == .stopped(major: 18))

      let second = try await cluster.start()
      #expect(second.processID != first.processID)
      #expect(try await second.psql("SELECT count(*) FROM t") == "1000")
    }
  }

  @Test func `ends a busy backend that outlived its killed server`() async throws {
    try await withScratchCluster { cluster in
      let first = try await cluster.start()
      _ = try await first.psql("CREATE TABLE t (n bigint)")
      async let busy: String? = try? first.psql(
        "INSERT INTO t SELECT sum(n) FROM generate_series(1, 1000000000000) AS n"
      )
      let active = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'INSERT%'"
      while try await first.psql(active) != "1" { try await Task.sleep(for: .milliseconds(10)) }
      first.signal(SIGKILL)
      try await first.waitForEnd()

      let second = try await cluster.start()
      #expect(await busy == nil)
      #expect(try await second.psql("SELECT count(*) FROM t") == "0")
      #expect(try await second.psql(active) == "0")
    }
  }

  @Test func `does not mistake a zombie for its server`() async throws {
    try await withScratchCluster { cluster in
      let first = try await cluster.start()
      let pidFile = first.dataDirectory + "/postmaster.pid"
      let lines = try String(contentsOfFile: pidFile, encoding: .utf8)
      try await cluster.stop()

      // The shell's child ends at once; the program that the shell becomes never asks for it.
      let zombie = try Bystander("sleep 0 & echo $!; exec sleep 600 >&-")
      defer { zombie.end() }
      while try zombie.state() != "Z" { try await Task.sleep(for: .milliseconds(5)) }
      try pretend(lines, pid: zombie.processID, in: pidFile)

      #expect(try cluster.status() == .stopped(major: 18))
      let second = try await cluster.start()
      #expect(try await second.psql("SELECT 1") == "1")
    }
  }

  @Test func `does not mistake another program for its server`() async throws {
    try await withScratchCluster { cluster in
      let first = try await cluster.start()
      let pidFile = first.dataDirectory + "/postmaster.pid"
      let lines = try String(contentsOfFile: pidFile, encoding: .utf8)
      try await cluster.stop()

      // It runs as the server's user: PostgreSQL itself would believe in such a process.
      let started = try await Program.run(
        "/bin/sh",
        ["-c", "sleep 600 >/dev/null 2>&1 & echo $!"],
        as: try ServerUser(owning: first.dataDirectory),
        in: "/"
      )
      let pid = try #require(started.lines.first.flatMap { Int32($0) })
      defer { kill(pid, SIGKILL) }
      try pretend(lines, pid: pid, in: pidFile)

      #expect(try cluster.status() == .stopped(major: 18))
      #expect(try await !cluster.stop())
      let second = try await cluster.start()
      #expect(try await second.psql("SELECT 1") == "1")
      #expect(kill(pid, 0) == 0)
    }
  }

  @Test func `creates anew what an interrupted creation left half done`() async throws {
    try await withScratchCluster { cluster in
      let server = try await cluster.start()
      let home = URL(filePath: server.dataDirectory).deletingLastPathComponent()
      try await cluster.stop()
      // Everything of a data directory but its name, as a kill before the rename leaves it.
      let half = home.appending(path: "unfinished-1").path(percentEncoded: false)
      try FileManager.default.moveItem(atPath: server.dataDirectory, toPath: half)

      #expect(try cluster.status() == .absent)
      let second = try await cluster.start()
      #expect(try await second.psql("SELECT 1") == "1")
      #expect(!FileManager.default.fileExists(atPath: half))
    }
  }

  @Test func `starts again when a cleaner took the socket away`() async throws {
    try await withScratchCluster { cluster in
      let first = try await cluster.start()
      try FileManager.default.removeItem(atPath: first.socketDirectory)
      let second = try await cluster.start()
      #expect(second.processID != first.processID)
      #expect(try await second.psql("SELECT 1") == "1")
    }
  }

  @Test func `is started once by many at the same time`() async throws {
    try await withScratchCluster { cluster in
      let servers = try await withThrowingTaskGroup(of: EmbeddedServer.self) { group in
        for _ in 1...8 { group.addTask { try await cluster.start() } }
        return try await group.reduce(into: Set()) { $0.insert($1) }
      }
      let server = try #require(servers.first)
      #expect(servers.count == 1)
      #expect(try await server.psql("SELECT 1") == "1")
    }
  }

  @Test func `is there or not there when starts and removals meet`() async throws {
    try await withScratchCluster { cluster in
      try await withThrowingTaskGroup { group in
        for number in 1...8 {
          group.addTask {
            if number.isMultiple(of: 4) { try await cluster.destroy() }
            _ = try await cluster.start()
          }
        }
        try await group.waitForAll()
      }
      let server = try await cluster.start()
      #expect(try await server.psql("SELECT 1") == "1")
    }
  }

  @Test func `says why it cannot start, in four lines`() async throws {
    try await withScratchCluster { cluster in
      let broken = EmbeddedCluster(
        directory: cluster.directory,
        search: testSearch(),
        major: 18,
        settings: ["shared_buffers": "nonsense"]
      )
      let error = await #expect(throws: EmbeddedPostgresError.self) { try await broken.start() }
      #expect(error?.code == .startFailed)
      #expect(error?.logTail.joined().contains("shared_buffers") == true)
      #expect(error.map { "\($0)".split(separator: "\n").count <= 4 } == true)
    }
  }

  /// Writes a pid file as if the process were the server.
  private func pretend(_ lines: String, pid: Int32, in pidFile: String) throws {
    let rest = lines.drop { $0 != "\n" }
    try "\(pid)\(rest)".write(toFile: pidFile, atomically: false, encoding: .utf8)
  }
}

/// A shell that prints a process id on its first line and then stays.
private struct Bystander {
  let processID: Int32
  private let process = Process()

  init(_ script: String) throws {
    let output = Pipe()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", script]
    process.standardOutput = output
    try process.run()
    let line = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    processID = try #require(Int32(line.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  /// The letter with which the system describes the process's state.
  func state() throws -> Substring {
    let stat = try String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8)
    let end = try #require(stat.lastIndex(of: ")"))
    return stat[end...].dropFirst(2).prefix(1)
  }

  func end() {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
