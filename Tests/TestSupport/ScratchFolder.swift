import Foundation

/// A folder for the files of one test; it goes with the value.
public final class ScratchFolder: Sendable {
  /// The absolute path.
  public let path: String

  /// Makes the folder.
  ///
  /// - Throws: Where the file system refuses.
  public init() throws {
    path =
      FileManager.default.temporaryDirectory.path(percentEncoded: false)
      + "dbtool-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in the folder.
  public func path(_ name: String) -> String { path + "/" + name }

  /// Writes a file, and makes the folders that its name goes through.
  ///
  /// - Returns: Its path.
  /// - Throws: Where the file system refuses.
  @discardableResult
  public func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
    let file = URL(filePath: path(name))
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(bytes).write(to: file)
    return path(name)
  }

  /// Writes a text file.
  ///
  /// - Returns: Its path.
  /// - Throws: Where the file system refuses.
  @discardableResult
  public func write(_ name: String, _ text: String) throws -> String {
    try write(name, Array(text.utf8))
  }
}
