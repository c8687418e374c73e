#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif
#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The two streams: answers on stdout, everything else on stderr.
enum Console {
  /// Set from `NO_COLOR` before anything is printed; commands run one at a time.
  nonisolated(unsafe) static var noColor = false
  nonisolated(unsafe) private static var pending: [UInt8] = []

  private static let isDumb = getenv("TERM").map { String(cString: $0) } == "dumb"
  static let outputIsTerminal = isatty(STDOUT_FILENO) == 1
  static let errorIsTerminal = isatty(STDERR_FILENO) == 1

  /// The columns of the terminal, or no limit where the output is none.
  static var width: Int {
    var size = winsize()
    guard outputIsTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0
    else { return .max }
    return Int(size.ws_col)
  }

  /// Writes to stdout, gathered until there is enough.
  static func print(_ text: String, terminator: String = "\n") {
    pending.append(contentsOf: text.utf8)
    pending.append(contentsOf: terminator.utf8)
    if pending.count > 64 * 1024 { flush() }
  }

  /// Writes the path of a file to stdout, as it is from here.
  static func printPath(_ path: String) {
    let here = FileManager.default.currentDirectoryPath + "/"
    print(path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path)
  }

  /// Writes what was gathered.
  ///
  /// Half an answer must not pass for one: what cannot be written ends the process with EX_IOERR.
  static func flush() {
    let wasWritten = write(pending, to: STDOUT_FILENO)
    let reason = wasWritten ? 0 : errno
    pending.removeAll(keepingCapacity: true)
    guard !wasWritten else { return }
    lastWords("dbtool: the output cannot be written: \(String(cString: strerror(reason)))")
    Terminate.with(ExitStatus.outputFailed.rawValue)
  }

  /// Writes a line to stderr, after what was printed so far.
  static func note(_ line: String) {
    flush()
    write(Array((line + "\n").utf8), to: STDERR_FILENO)
  }

  /// Writes lines to stderr.
  static func note(_ lines: [String]) { if !lines.isEmpty { note(lines.joined(separator: "\n")) } }

  /// Writes a line to stderr from a thread that may not touch what is gathered.
  static func lastWords(_ line: String) { write(Array((line + "\n").utf8), to: STDERR_FILENO) }

  /// Rewrites the line that shows progress; only on a terminal.
  static func progress(_ line: String?) {
    guard errorIsTerminal, !isDumb else { return }
    write(Array(("\r\u{1B}[K" + (line ?? "")).utf8), to: STDERR_FILENO)
  }

  /// Bold where the terminal shows it.
  static func bold(_ text: String) -> String {
    outputIsTerminal && !noColor && !isDumb ? "\u{1B}[1m\(text)\u{1B}[0m" : text
  }

  @discardableResult
  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var start = 0
    while start < bytes.count {
      let written = bytes.withUnsafeBytes { buffer in
        #if canImport(Glibc)
        Glibc.write(descriptor, buffer.baseAddress?.advanced(by: start), buffer.count - start)
        #elseif canImport(Musl)
        Musl.write(descriptor, buffer.baseAddress?.advanced(by: start), buffer.count - start)
        #else
        Darwin.write(descriptor, buffer.baseAddress?.advanced(by: start), buffer.count - start)
        #endif
      }
      if written > 0 { start += written } else if errno != EINTR { return false }
    }
    return true
  }
}

/// The end of the process.
enum Terminate {
  static func with(_ status: Int32) -> Never { exit(status) }
}
