import Subprocess

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A zip file in which there should be one dump; `unzip` opens it.
struct ZipFile: Sendable {
  private let path: String

  init(path: String) { self.path = path }

  /// Unpacks the dump.
  ///
  /// - Returns: The path of the dump in that folder: a file, or the folder of a directory archive.
  /// - Throws: `ImportError` if there is no unzip, no dump, or more than one.
  func unpackDump(into folder: String) async throws -> String {
    let (member, isFolder) = try await findDump()
    // In unzip's patterns these characters mean something, unless a backslash stands before them.
    let pattern = member.reduce(into: "") { text, character in
      if "[]*?\\".contains(character) { text.append("\\") }
      text.append(character)
    }
    _ = try await unzip(["-qq", "-o", path, isFolder ? pattern + "*" : pattern, "-d", folder])
    return folder + "/" + member
  }

  /// The one member that can be a dump, or the folder that holds a `toc.dat`.
  private func findDump() async throws -> (name: String, isFolder: Bool) {
    let members = try await unzip(["-Z1", path]).split(whereSeparator: \.isNewline)
      .map(String.init)
      .filter { !$0.hasPrefix("__MACOSX/") && !$0.hasSuffix("/") }
    if let toc = members.first(where: { $0 == "toc.dat" || $0.hasSuffix("/toc.dat") }) {
      return (String(toc.dropLast("toc.dat".count)), true)
    }
    let endings = [".tar", ".dump", ".backup", ".custom", ".sql", ".pgdump", ".bak"]
    let likely = members.filter { name in endings.contains { name.lowercased().hasSuffix($0) } }
    let candidates = likely.isEmpty && members.count == 1 ? members : likely
    guard let member = candidates.first, candidates.count == 1 else {
      throw ImportError(
        .badData,
        path: path,
        candidates.isEmpty
          ? "the zip file holds no dump"
          : "the zip file holds several dumps: \(candidates.prefix(4).joined(separator: ", "))",
        advice: "unpack it, and name the dump that is in it"
      )
    }
    return (member, false)
  }

  private func unzip(_ arguments: [String]) async throws -> String {
    do {
      let result = try await run(
        .name("unzip"),
        arguments: Arguments(arguments),
        output: .string(limit: 1 << 20),
        error: .string(limit: 1 << 20)
      )
      guard result.terminationStatus.isSuccess else {
        throw ImportError(
          .badData,
          path: path,
          "the zip file cannot be unpacked",
          detail: result.standardError.split(whereSeparator: \.isNewline).first.map(String.init)
        )
      }
      return result.standardOutput
    } catch let error as SubprocessError where error.code == .executableNotFound {
      throw ImportError(
        .configuration,
        path: path,
        "a zip file needs the program unzip, and it is not installed",
        advice: "install unzip, or unpack the file and name the dump that is in it"
      )
    }
  }
}

/// A folder of our own for temporary files.
struct TemporaryFolder: Sendable {
  let path: String

  /// Makes the folder, readable by nobody else.
  init() throws {
    let url = FileManager.default.temporaryDirectory
      .appending(path: "dbtool-import-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: url,
      withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o700]
    )
    path = url.path
  }

  /// Deletes it with what is in it.
  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
