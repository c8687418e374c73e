import VectorSQL

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A folder of migration files.
public struct MigrationFolder: Sendable, Hashable {
  /// The folder, as given and as shown in messages.
  public let path: String

  /// A folder; it need not exist yet.
  public init(_ path: String) {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  /// Reads all files, in the order in which they run.
  ///
  /// What does not end in `.sql`, hidden files and subfolders are passed over.
  ///
  /// - Throws: ``MigrationError`` for a folder or file that cannot be read, a `.sql` file whose name
  ///   has no version, and two files of the same version.
  public func files() throws(MigrationError) -> [MigrationFile] {
    var files: [MigrationFile] = []
    var nameOfVersion: [String: String] = [:]
    for name in try names() {
      let bytes = try read(name)
      do throws(MigrationParsingError) {
        let file = try MigrationFile(name: name, folder: path, bytes: bytes)
        if let other = nameOfVersion.updateValue(name, forKey: file.version) {
          throw MigrationParsingError(.sameVersion(as: other), file: file.path)
        }
        files.append(file)
      } catch {
        throw MigrationError(error)
      }
    }
    return files
  }

  /// Makes a migration whose version is the present moment (UTC), and the folder if need be.
  ///
  /// - Parameters:
  ///   - title: What the migration does, for example `add price`; blanks become underscores.
  ///   - text: The file's text, with both sections.
  /// - Returns: The new file's path.
  /// - Throws: ``MigrationError`` for a title that cannot be part of a file's name, and for a folder
  ///   that cannot be written.
  public func addFile(
    titled title: String,
    text: String = "-- migrate:up\n\n\n-- migrate:down\n\n"
  ) throws(MigrationError) -> String {
    let words = title.split(whereSeparator: \.isWhitespace).joined(separator: "_")
    let isPlain = words.utf8.allSatisfy {
      $0.continuesSQLIdentifier && $0 != UInt8(ascii: "$") || $0 == UInt8(ascii: "-")
    }
    guard !words.isEmpty, isPlain else {
      throw MigrationError(
        .usage,
        "'\(title)' cannot name a migration",
        advice: "Use letters, digits, '_' and '-', for example: create_product"
      )
    }
    guard words.utf8.count <= Self.longestTitle else {
      throw MigrationError(
        .usage,
        "a migration's name of \(words.utf8.count) letters is too long for a file",
        advice: "Use at most \(Self.longestTitle)."
      )
    }
    if !isFile(path) {
      do {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      } catch {
        throw unwritable(path)
      }
    }
    let taken = Set(try names().compactMap(MigrationFile.version(of:)))
    var moment = Date()
    // Two in one second would be two files of one version.
    while taken.contains(Self.version(at: moment)) { moment += 1 }
    let file = "\(path)/\(Self.version(at: moment))_\(words).sql"
    do { try Data(text.utf8).write(to: URL(filePath: file), options: .withoutOverwriting) } catch {
      throw unwritable(file)
    }
    return file
  }

  /// A file's name has 255 bytes nearly everywhere: less the version, `_` and `.sql`.
  private static let longestTitle = 255 - 14 - 1 - 4

  /// `YYYYMMDDHHMMSS` in UTC.
  private static func version(at moment: Date) -> String {
    String(moment.formatted(.iso8601).filter(\.isNumber))
  }

  private func names() throws(MigrationError) -> [String] {
    let entries: [String]
    do {
      entries = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      var isDirectory = false
      let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      if isDirectory { throw unreadable("the migration folder \(path)") }
      throw MigrationError(
        .absent,
        "the migration folder \(path) is \(exists ? "no folder" : "not there")",
        advice: "Name another with --dir, or make the first file: dbtool migrate new NAME"
      )
    }
    return entries.filter { !$0.hasPrefix(".") && $0.lowercased().hasSuffix(".sql") }
      .sorted(by: MigrationFile.precedes)
      .filter { !isDirectory($0) }
  }

  private func isFile(_ path: String) -> Bool {
    var isDirectory = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory
  }

  private func isDirectory(_ name: String) -> Bool {
    var isDirectory = false
    return FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isDirectory)
      && isDirectory
  }

  private func read(_ name: String) throws(MigrationError) -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path + "/" + name) else {
      throw unreadable("\(path)/\(name)")
    }
    return Array(data)
  }

  private func unwritable(_ path: String) -> MigrationError {
    MigrationError(.rights, "\(path) cannot be written", advice: "Look at its owner and rights.")
  }

  private func unreadable(_ what: String) -> MigrationError {
    MigrationError(.rights, "\(what) cannot be read", advice: "Look at its owner and rights.")
  }
}
