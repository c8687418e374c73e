import DBToolActions

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A text file, or stdin for `-`.
enum TextFile {
  /// The whole text.
  static func text(of path: String) throws -> String {
    guard let text = String(validating: try data(path), as: UTF8.self) else {
      throw ActionError(.badData, "\(path) is not UTF-8", advice: "convert it: iconv -t UTF-8")
    }
    return text
  }

  /// The lines of the text.
  ///
  /// A line ends with LF or CRLF; the last one need not. An empty line is a text too.
  static func lines(of path: String) throws -> [String] {
    let text = try text(of: path)
    var lines: [String] = []
    // By bytes: for a string, CR and LF are one character, and a mark after LF another.
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let isReturn = line.last == UInt8(ascii: "\r")
      lines.append(String(Substring(isReturn ? line.dropLast() : line)))
    }
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  /// Whatever can be read: a file, a pipe, a terminal.
  private static func data(_ path: String) throws -> [UInt8] {
    let file = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure(path, errno) }
    defer { if file != STDIN_FILENO { close(file) } }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = read(file, &buffer, buffer.count)
      if count == 0 { return bytes }
      if count > 0 {
        bytes += buffer[..<count]
      } else if errno != EINTR {
        throw failure(path, errno)
      }
    }
  }

  private static func failure(_ path: String, _ code: Int32) -> ActionError {
    ActionError(
      code == ENOENT ? .notFound : code == EACCES ? .rights : .badData,
      "\(path) cannot be read: \(String(cString: strerror(code)))"
    )
  }
}
