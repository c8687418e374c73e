#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reads a file line by line through one buffer, so that its size never shows in the memory.
///
/// A line ends with LF or CRLF; the last one need not. A class, because a place in an open file is one
/// thing however many look at it.
final class LineReader {
  /// No vector is as long; what has no line ends is found after this many bytes.
  static let longestLine = 16 << 20

  /// The file as the caller named it, `stdin` for `-`.
  let path: String
  /// The file's size, nil for a pipe and stdin.
  let size: Int?
  /// The number of the current line, from 1.
  private(set) var line = 0
  /// The bytes of the file that were read.
  private(set) var bytesRead = 0
  /// Holds the current line in the range that ``next()`` gave.
  private(set) var buffer = [UInt8](repeating: 0, count: 256 * 1024)
  private let descriptor: CInt
  private var start = 0
  private var end = 0
  private var isAtEnd = false

  /// Opens a file, or takes stdin for `-`.
  ///
  /// - Throws: ``EncoderError`` where there is no such file, or it may not be read.
  init(path: String) throws(EncoderError) {
    self.path = path == "-" ? "stdin" : path
    descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.failure(path, errno) }
    // A pipe has no places to go to, and the place in stdin is not ours to change.
    let end = path == "-" ? -1 : lseek(descriptor, 0, SEEK_END)
    size = end > 0 && lseek(descriptor, 0, SEEK_SET) == 0 ? Int(end) : nil
  }

  deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

  /// Whether the file begins with these bytes; to be asked before the first line is read.
  func starts(with prefix: [UInt8]) throws(EncoderError) -> Bool {
    while end < prefix.count, try fill() {}
    return buffer[..<end].starts(with: prefix)
  }

  /// Moves to the next line.
  ///
  /// - Returns: Where it stands in ``buffer``, without its end; nil at the end of the file.
  /// - Throws: ``EncoderError`` where the file cannot be read, is UTF-16 or has no line ends.
  func next() throws(EncoderError) -> Range<Int>? {
    if line == 0 { try skipMark() }
    while true {
      let newline = buffer[start..<end].firstIndex(of: UInt8(ascii: "\n"))
      if let newline { return take(upTo: newline, next: newline + 1) }
      guard end - start < Self.longestLine else {
        throw EncoderError(
          .badData,
          "\(path):\(line + 1): this line is longer than 16 MB",
          advice: "is it a text file, with a line for each row?"
        )
      }
      guard try fill() else { return start < end ? take(upTo: end, next: end) : nil }
    }
  }

  private func take(upTo last: Int, next: Int) -> Range<Int> {
    let range = start..<last
    start = next
    line += 1
    return buffer[range].last == UInt8(ascii: "\r") ? range.dropLast() : range
  }

  private func skipMark() throws(EncoderError) {
    if try starts(with: [0xEF, 0xBB, 0xBF]) { start = 3 }
    for mark: [UInt8] in [[0xFF, 0xFE], [0xFE, 0xFF]] where try starts(with: mark) {
      throw EncoderError(
        .badData,
        "\(path):1: the file is UTF-16, not UTF-8",
        advice: "convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW_FILE"
      )
    }
  }

  /// Reads more behind the unread bytes, which move to the front; the buffer grows if they fill it.
  ///
  /// - Returns: false at the end of the file.
  private func fill() throws(EncoderError) -> Bool {
    guard !isAtEnd else { return false }
    buffer.removeSubrange(..<start)
    end -= start
    buffer.append(contentsOf: repeatElement(0, count: start))
    start = 0
    if end == buffer.count { buffer.append(contentsOf: repeatElement(0, count: end)) }
    var count: Int
    repeat {
      count = buffer.withUnsafeMutableBytes { bytes in
        read(descriptor, bytes.baseAddress?.advanced(by: end), bytes.count - end)
      }
    } while count < 0 && errno == EINTR
    guard count >= 0 else { throw Self.failure(path, errno) }
    isAtEnd = count == 0
    end += count
    bytesRead += count
    return count > 0
  }

  private static func failure(_ path: String, _ code: CInt) -> EncoderError {
    switch code {
    case ENOENT, ENOTDIR:
      EncoderError(.notFound, "there is no file \(path)", advice: "check the path")
    case EACCES, EPERM:
      EncoderError(.rights, "\(path) may not be read by this user", advice: "ask its owner")
    case EISDIR: EncoderError(.badData, "\(path) is a folder", advice: "name a file in it")
    default:
      EncoderError(
        .badData,
        "\(path) cannot be read: \(String(cString: strerror(code)))",
        advice: "is it a file that you may read?"
      )
    }
  }
}
