#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A folder that dbtool works for: the nearest one upwards with `dbtool.json` or `migrations/`.
public struct Project: Sendable, Hashable {
  /// The folder's absolute path.
  public let directory: String
  /// The folder with the migration files.
  public let migrations: String

  /// What `dbtool.json` may say.
  private struct File: Decodable {
    var migrations: String?

    enum CodingKeys: String, CodingKey, CaseIterable { case migrations }
  }

  /// The keys of an object, whatever their values are.
  private struct Keys: Decodable {
    let names: [String]

    private struct Name: CodingKey {
      let stringValue: String
      let intValue: Int? = nil

      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      names = try decoder.container(keyedBy: Name.self).allKeys.map(\.stringValue)
    }
  }

  /// Looks from a folder upwards.
  ///
  /// - Returns: nil where no folder on the way is a project.
  /// - Throws: ``ActionError`` for a `dbtool.json` that cannot be read.
  public static func find(from start: String) throws(ActionError) -> Project? {
    var directory = URL(filePath: start, directoryHint: .isDirectory).standardizedFileURL
    while true {
      let path = directory.path(percentEncoded: false)
      if let project = try Project(directory: path.count > 1 ? String(path.dropLast()) : path) {
        return project
      }
      guard path != "/" else { return nil }
      directory = directory.deletingLastPathComponent().standardizedFileURL
    }
  }

  private init?(directory: String) throws(ActionError) {
    let files = FileManager.default
    let settings = directory + "/dbtool.json"
    var isDirectory = false
    let hasMigrations = files.fileExists(
      atPath: directory + "/migrations",
      isDirectory: &isDirectory
    )
    self.directory = directory
    guard files.fileExists(atPath: settings) else {
      guard hasMigrations, isDirectory else { return nil }
      migrations = directory + "/migrations"
      return
    }
    let file: File
    let keys: Keys
    do {
      let data = try Data(contentsOf: URL(filePath: settings))
      file = try JSONDecoder().decode(File.self, from: data)
      keys = try JSONDecoder().decode(Keys.self, from: data)
    } catch {
      throw ActionError(
        .badData,
        "\(settings): not a JSON object with the settings of dbtool",
        advice: "an example: {\"migrations\": \"db/migrations\"}"
      )
    }
    let known = File.CodingKeys.allCases.map(\.stringValue)
    if let unknown = keys.names.sorted().first(where: { !known.contains($0) }) {
      throw ActionError(
        .badData,
        "\(settings): there is no setting \"\(unknown)\"",
        advice: "the settings are: \(known.joined(separator: ", "))"
      )
    }
    let folder = file.migrations ?? "migrations"
    migrations = folder.hasPrefix("/") ? folder : directory + "/" + folder
  }
}
