import DBToolActions

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The lines of a text file.
enum TextLines {
  /// Reads a file, or stdin for `-`.
  ///
  /// A line ends with LF or CRLF; the last one need not. An empty line is a text too.
  static func read(_ path: String) throws -> [String] {
    let bytes = try data(path)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ActionError(.badData, "\(path) is not UTF-8", advice: "convert it: iconv -t UTF-8")
    }
    var lines: [String] = []
    // By bytes: for a string, CR and LF are one character, and a mark after LF another.
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let isReturn = line.last == UInt8(ascii: "\r")
      lines.append(String(Substring(isReturn ? line.dropLast() : line)))
    }
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  private static func data(_ path: String) throws -> [UInt8] {
    if path == "-" {
      var bytes: [UInt8] = []
      while let line = readLine(strippingNewline: false) { bytes += line.utf8 }
      return bytes
    }
    do {
      return [UInt8](try Data(contentsOf: URL(filePath: path)))
    } catch {
      let isThere = FileManager.default.fileExists(atPath: path)
      throw ActionError(
        isThere ? .rights : .notFound,
        isThere ? "\(path) cannot be read" : "no file \(path)"
      )
    }
  }
}
