import EmbeddedPostgres
import Foundation

/// The directory of this package, where `make setup` unpacks servers.
let packageDirectory = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .path(percentEncoded: false)

/// Where the tests of the embedded server find one.
func testSearch(explicit: String? = nil) -> InstallationSearch {
  InstallationSearch(
    explicit: explicit,
    toolsDirectories: [packageDirectory + ".tools"],
    environment: ["PATH": "/usr/bin:/bin"]
  )
}

/// Runs the body with a directory of its own, which goes afterwards with the cluster in it.
func withScratchCluster(
  below parent: String = "/tmp",
  named name: String = "cluster",
  major: Int? = 18,
  _ body: (EmbeddedCluster) async throws -> Void
) async throws {
  let scratch = "\(parent)/dbtool-test-\(UInt32.random(in: 0...UInt32.max))"
  try FileManager.default.createDirectory(
    atPath: scratch,
    withIntermediateDirectories: true,
    attributes: [.posixPermissions: 0o755]
  )
  let cluster = EmbeddedCluster(
    directory: "\(scratch)/\(name)",
    search: testSearch(),
    major: major,
    settings: ["fsync": "off"]
  )
  let result: Result<Void, any Error>
  do { result = .success(try await body(cluster)) } catch { result = .failure(error) }
  try await cluster.destroy()
  try FileManager.default.removeItem(atPath: scratch)
  try result.get()
}

extension EmbeddedServer {
  /// Runs a statement with the server's own psql and returns what it prints.
  func psql(_ statement: String) async throws -> String {
    let outcome = try await Program.run(program("psql"), psqlArguments + ["-c", statement])
    struct Failure: Error { let text: String }
    guard outcome.succeeded else { throw Failure(text: outcome.errors) }
    return outcome.output.trimmingCharacters(in: .newlines)
  }

  var psqlArguments: [String] {
    ["-XAtq", "-h", socketDirectory, "-p", "5432", "-U", "postgres", "-d", "postgres"]
  }

  func signal(_ number: Int32) { kill(processID, number) }

  /// Waits until the process has gone.
  func waitForEnd() async throws {
    while FileManager.default.fileExists(atPath: "/proc/\(processID)/cwd") {
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}
