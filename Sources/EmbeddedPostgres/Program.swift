import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// Runs another program to its end and keeps what it printed.
package enum Program {
  /// How a program ended, and its output.
  package struct Outcome {
    package let succeeded: Bool
    package let output: String
    package let errors: String

    package var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  /// Runs a program as the caller, with the caller's environment.
  package static func run(_ path: String, _ arguments: [String]) async throws -> Outcome {
    try await run(path, arguments, environment: .inherit, options: PlatformOptions())
  }

  /// Runs a program of the server as the server's user, in a session of its own, detached from the terminal.
  ///
  /// Nothing of the caller's `PG*` variables reaches it, and its messages are in English.
  package static func run(
    _ path: String,
    _ arguments: [String],
    as user: ServerUser,
    in directory: String
  ) async throws -> Outcome {
    var options = PlatformOptions()
    options.createSession = true
    var (path, arguments) = (path, arguments)
    if user.isDropped {
      #if os(Linux)
      // Not by `userID`: there the child calls glibc's setuid before it has become another program, and
      // that waits for ever where a thread of this process was just starting or ending.
      arguments = try user.setpriv + [path] + arguments
      path = arguments.removeFirst()
      #else
      options.userID = user.id
      options.groupID = user.group
      options.supplementaryGroups = []
      #endif
    }
    return try await run(
      path,
      arguments,
      environment: .custom(serverEnvironment),
      options: options,
      directory: directory
    )
  }

  /// A locale that every platform has; `C.UTF-8` is missing on macOS.
  #if os(Linux)
  static let locale = "C.UTF-8"
  #else
  static let locale = "C"
  #endif

  private static var serverEnvironment: [Environment.Key: String] {
    ["LC_ALL": locale, "PATH": "/usr/bin:/bin"]
  }

  private static func run(
    _ path: String,
    _ arguments: [String],
    environment: Environment,
    options: PlatformOptions,
    directory: String? = nil
  ) async throws -> Outcome {
    let result = try await Subprocess.run(
      .path(FilePath(path)),
      arguments: Arguments(arguments),
      environment: environment,
      workingDirectory: directory.map { FilePath($0) },
      platformOptions: options,
      output: .string(limit: 1 << 20),
      error: .string(limit: 1 << 20)
    )
    return Outcome(
      succeeded: result.terminationStatus.isSuccess,
      output: result.standardOutput,
      errors: result.standardError
    )
  }
}
