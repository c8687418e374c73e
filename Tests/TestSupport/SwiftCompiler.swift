import EmbeddedPostgres
import Foundation

/// Type checks sources against the library as it was built, for tests of what does not compile.
public enum SwiftCompiler {
  /// Type checks files that make one module.
  ///
  /// - Parameter files: Their paths.
  /// - Returns: The errors, none where the module compiles.
  /// - Throws: Where there is no compiler to run.
  public static func errors(in files: [String]) async throws -> [String] {
    let modules = PackageDirectory.product("Modules")
    let outcome = try await Program.run(
      "/usr/bin/env",
      ["swiftc", "-typecheck", "-swift-version", "6", "-warnings-as-errors", "-I", modules] + files
    )
    let errors = outcome.errors.split(separator: "\n").filter { $0.contains(" error: ") }
      .map(String.init)
    // What went wrong without an error in the sources is not what a test asks about.
    guard outcome.succeeded == errors.isEmpty else { throw CompilerFailure(output: outcome.errors) }
    return errors
  }

  /// Type checks one file.
  public static func errors(inSource source: String) async throws -> [String] {
    let folder = try ScratchFolder()
    return try await errors(in: [folder.write("source.swift", source)])
  }
}

/// The compiler failed for another reason than its input.
struct CompilerFailure: Error {
  let output: String
}
