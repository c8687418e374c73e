import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// A `pg_restore` that is installed here, used only to write archives out as SQL.
struct PgRestore: Sendable {
  let path: String
  let version: String

  /// Asks each candidate for its version and returns those that answer, the newest first.
  static func find(among paths: [String]) async -> [PgRestore] {
    var found: [PgRestore] = []
    for path in paths where !found.contains(where: { $0.path == path }) {
      // "pg_restore (PostgreSQL) 16.4 (Debian 16.4-1)"
      let result = try? await run(
        .path(FilePath(path)),
        arguments: ["--version"],
        output: .string(limit: 4096)
      )
      guard let words = result?.standardOutput.split(separator: " "), words.count > 2 else {
        continue
      }
      let version = words[2].split(whereSeparator: \.isNewline).first ?? ""
      found.append(PgRestore(path: path, version: String(version)))
    }
    return found.sorted { $1.numbers.lexicographicallyPrecedes($0.numbers) }
  }

  private var numbers: [Int] {
    version.split { !$0.isNumber }.compactMap { Int($0) }
  }

  /// What came of one try.
  enum Outcome: Sendable {
    case loaded(ImportReport)
    case failed(any Error)
    /// This pg_restore cannot read the archive; another might.
    case refused(String)
  }

  /// Writes an archive's rows out as SQL and hands over the descriptor that they come from.
  ///
  /// The closure runs while pg_restore does. It is synchronous and blocks on the pipe, which is safe even
  /// on a machine with one thread for tasks: what feeds the pipe is a process and needs none of them.
  func read(
    _ archive: String,
    _ body: (CInt) throws -> ImportReport
  ) async throws -> Outcome {
    let pipe = try FileDescriptor.pipe()
    let result = try await run(
      .path(FilePath(path)),
      arguments: ["-f", "-", "--data-only", archive],
      environment: .inherit.updating(["LC_ALL": "C"]),
      input: .none,
      output: .fileDescriptor(pipe.writeEnd, closeAfterSpawningProcess: true),
      error: .string(limit: 1 << 20)
    ) { _ -> Result<ImportReport, any Error> in
      // Closing our end also stops a pg_restore whose rows nobody wants any more.
      let report = Result { try body(pipe.readEnd.rawValue) }
      try? pipe.readEnd.close()
      return report
    }
    let complaint = Self.firstError(in: result.standardError)
    switch result.closureResult {
    case .success(let report): return .loaded(report)
    case .failure(let error) where result.terminationStatus == .exited(0): return .failed(error)
    case .failure(let error):
      // When both failed, pg_restore's failure came first only if it had something to say.
      guard let complaint else { return .failed(error) }
      guard !Self.isRefusal(complaint) else { return .refused(complaint) }
      guard error is ImportError else { return .failed(error) }
      return .failed(
        ImportError(
          .badData,
          path: archive,
          "the archive cannot be read to its end",
          detail: complaint,
          advice: "copy or download the file again"
        )
      )
    }
  }

  private static func firstError(in text: String) -> String? {
    text.split(whereSeparator: \.isNewline).first { $0.contains("error:") }.map(String.init)
  }

  /// Whether it is the program and not the archive that is at fault.
  private static func isRefusal(_ complaint: String) -> Bool {
    ["unsupported version", "does not support compression", "not built with", "not supported"]
      .contains { complaint.contains($0) }
  }
}
