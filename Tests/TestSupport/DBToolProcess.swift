import Foundation
import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// Runs the built `dbtool` as a user would: a process with arguments, an environment and a directory.
public enum DBToolProcess {
  /// How the process ended, and what it printed.
  public struct Outcome: Sendable, Hashable, CustomStringConvertible {
    /// The exit code; nil where a signal ended it.
    public let status: Int32?
    /// The signal that ended it, if one did.
    public let signal: Int32?
    /// What it wrote to standard output.
    public let stdout: String
    /// What it wrote to standard error.
    public let stderr: String

    /// The lines of standard error.
    public var errorLines: [Substring] { stderr.split(separator: "\n") }

    /// All of it, for the message of a test that failed.
    public var description: String {
      "status \(status.map { "\($0)" } ?? "none"), signal \(signal.map { "\($0)" } ?? "none")\n"
        + "stdout:\n\(stdout)\nstderr:\n\(stderr)"
    }
  }

  /// The process while it runs.
  public struct Running: Sendable {
    fileprivate let execution: Execution<ArrayInput, StringOutput<UTF8>, StringOutput<UTF8>>

    /// The process id.
    public var processID: Int32 { execution.processIdentifier.value }

    /// Sends a signal, for example `SIGINT`.
    ///
    /// - Throws: `SubprocessError` where the process has ended already.
    public func send(_ signal: Int32) throws {
      try execution.send(signal: Signal(rawValue: signal))
    }
  }

  /// The program that was built together with the tests.
  public static var executable: String { PackageDirectory.product("dbtool") }

  /// Runs `dbtool` to its end.
  ///
  /// - Parameters:
  ///   - arguments: The command and its arguments.
  ///   - environment: What the process finds in its environment beside `PATH` and `HOME`.
  ///   - directory: Its working directory; the checkout by default.
  ///   - input: What it reads from standard input.
  ///   - whileRunning: What happens meanwhile, for example a signal.
  /// - Returns: Exit code and output.
  /// - Throws: `SubprocessError` where the program cannot be run, or what the closure throws.
  public static func run(
    _ arguments: [String],
    environment: [String: String] = [:],
    directory: String? = nil,
    input: String = "",
    whileRunning: (Running) async throws -> Void = { _ in }
  ) async throws -> Outcome {
    let directory = directory ?? PackageDirectory.path("")
    let result = try await Subprocess.run(
      .path(FilePath(executable)),
      arguments: Arguments(arguments),
      environment: .custom(clean(environment, home: directory)),
      workingDirectory: FilePath(directory),
      input: .array(Array(input.utf8)),
      output: .string(limit: outputLimit),
      error: .string(limit: outputLimit)
    ) { execution in
      try await whileRunning(Running(execution: execution))
    }
    var status: Int32?
    var signal: Int32?
    switch result.terminationStatus {
    case .exited(let code): status = code
    case .signaled(let number): signal = number
    }
    return Outcome(
      status: status,
      signal: signal,
      stdout: result.standardOutput,
      stderr: result.standardError
    )
  }

  private static let outputLimit = 64 << 20

  /// Nothing of the caller's DATABASE_URL, PG*, NO_COLOR or home directory reaches the process.
  private static func clean(
    _ environment: [String: String],
    home: String
  ) -> [Environment.Key: String] {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    var out: [Environment.Key: String] = ["PATH": path, "HOME": home]
    for (name, value) in environment {
      if let key = Environment.Key(rawValue: name) { out[key] = value }
    }
    return out
  }
}
