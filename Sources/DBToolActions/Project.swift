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
  /// What it says about its tables.
  public let tables: ProjectTables

  /// What `dbtool.json` may say.
  private struct File: Decodable {
    var migrations: String?
    var tables: [String: ProjectTables.Table]?

    enum CodingKeys: String, CodingKey, CaseIterable { case migrations, tables }
  }

  /// The keys of an object, whatever their values are, and those of each table in it.
  private struct Keys: Decodable {
    let names: [String]
    let tables: [String: Keys]

    private struct Name: CodingKey {
      let stringValue: String
      let intValue: Int? = nil

      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Name.self)
      names = container.allKeys.map(\.stringValue)
      let place = container.allKeys.first { $0.stringValue == "tables" }
      tables = place.flatMap { try? container.decode([String: Keys].self, forKey: $0) } ?? [:]
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
      tables = ProjectTables()
      return
    }
    let file: File
    let keys: Keys
    do {
      let data = try Data(contentsOf: URL(filePath: settings))
      file = try JSONDecoder().decode(File.self, from: data)
      keys = try JSONDecoder().decode(Keys.self, from: data)
    } catch {
      let place = (error as? DecodingError)?.place ?? ""
      throw ActionError(
        .badData,
        "\(settings): not a JSON object with the settings of dbtool\(place)",
        advice:
          "an example: {\"migrations\": \"db/migrations\", \"tables\": {\"product\": {\"label\": \"name\"}}}"
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
    let words = ProjectTables.Table.CodingKeys.allCases.map(\.stringValue)
    for (table, keys) in keys.tables {
      guard let unknown = keys.names.sorted().first(where: { !words.contains($0) }) else {
        continue
      }
      throw ActionError(
        .badData,
        "\(settings): there is no setting \"\(unknown)\" of a table (\"\(table)\")",
        advice: "the settings are: \(words.joined(separator: ", "))"
      )
    }
    tables = ProjectTables(file.tables ?? [:])
    let folder = file.migrations ?? "migrations"
    migrations = folder.hasPrefix("/") ? folder : directory + "/" + folder
  }
}

extension DecodingError {
  /// Where the value stands that cannot be read: `, at tables.product.label`; empty for the whole.
  fileprivate var place: String {
    let path: [any CodingKey] =
      switch self {
      case .typeMismatch(_, let context), .valueNotFound(_, let context),
        .dataCorrupted(let context):
        context.codingPath
      case .keyNotFound(_, let context): context.codingPath
      @unknown default: []
      }
    return path.isEmpty ? "" : ", at " + path.map(\.stringValue).joined(separator: ".")
  }
}
