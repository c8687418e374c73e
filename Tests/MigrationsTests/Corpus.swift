import Foundation
import SQLMigrations

/// The files under `Fixtures/`.
enum Corpus {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures")

  static let valid = names(in: "valid")
  static let invalid = names(in: "invalid")
  static let all = valid.map { "valid/\($0)/input.sql" } + invalid.map { "invalid/\($0)" }

  static func source(_ path: String) throws -> SourceText {
    let data = try Data(contentsOf: folder.appending(path: path))
    return SourceText(name: path, bytes: Array(data))
  }

  /// The statements of a section as the golden files show them.
  ///
  /// Each starts with a line that counts it; a statement keeps its own line ends, and the rows of a
  /// COPY follow a line of their own.
  static func listing(_ section: MigrationSection?, of source: SourceText) -> String {
    guard let section else { return "-- no section\n" }
    var text = section.isTransactional ? "" : "-- no transaction\n"
    for (index, statement) in section.statements.enumerated() {
      text += "-- [\(index + 1)]\n\(source.text(statement.sql))\n"
      if let rows = statement.copyData { text += "-- rows\n\(source.text(rows))" }
    }
    return text
  }

  private static func names(in part: String) -> [String] {
    let entries = try? FileManager.default.contentsOfDirectory(
      atPath: folder.appending(path: part).path(percentEncoded: false)
    )
    return (entries ?? []).filter { !$0.hasPrefix(".") }.sorted()
  }
}
