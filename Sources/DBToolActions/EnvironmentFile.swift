#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The variables of a `.env` file: `NAME=value` lines, as dbmate and the shell read them.
///
/// `export` before the name, quotes around the value and comments are understood. Lines that make no
/// sense belong to other programs and are passed over, unless they name a variable that we would read:
/// a connection that is silently not taken leads to another database.
struct EnvironmentFile {
  /// The values by name; the last of several wins.
  private(set) var values: [String: String] = [:]

  /// Reads a file; one that is not there has no variables.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - known: The variables that somebody reads.
  /// - Throws: ``ActionError`` with the number of the line, never its text.
  init(path: String, known: Set<String>) throws(ActionError) {
    guard FileManager.default.fileExists(atPath: path) else { return }
    guard let data = try? Data(contentsOf: URL(filePath: path)) else {
      throw ActionError(.badData, "\(path): cannot be read", advice: "make it a readable file")
    }
    guard let text = String(data: data, encoding: .utf8), !text.utf8.contains(0) else {
      throw ActionError(
        .badData,
        "\(path): this is no UTF-8 text",
        advice: "write it as NAME=value lines in UTF-8, or remove it"
      )
    }
    let lines =
      text
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      guard let (name, value) = Self.variable(line) else { continue }
      if let value {
        values[name] = value
      } else if known.contains(name) {
        throw ActionError(
          .badData,
          "\(path):\(index + 1): no value of \(name) can be read here",
          advice: "write \(name)=value, or \(name)=\"value\" with both quotes"
        )
      }
    }
  }

  /// The name on a line, and its value where there is one.
  private static func variable(_ line: Substring) -> (name: String, value: String?)? {
    var rest = line.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    if rest.hasPrefix("export ") { rest = rest.dropFirst(7).drop(while: \.isWhitespace) }
    let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    guard !name.isEmpty else { return nil }
    rest = rest.dropFirst(name.count).drop(while: \.isWhitespace)
    guard rest.first == "=" else { return (String(name), nil) }
    return (String(name), value(rest.dropFirst().drop(while: \.isWhitespace)))
  }

  /// The value without its quotes, nil where a quote does not end.
  private static func value(_ text: Substring) -> String? {
    guard let quote = text.first, quote == "\"" || quote == "'" else {
      let end = text.firstRange(of: " #")?.lowerBound ?? text.endIndex
      return String(text[..<end].trimmingSuffix(while: \.isWhitespace))
    }
    var out = ""
    var rest = text.dropFirst()
    while let character = rest.popFirst() {
      if character == quote { return out }
      if character == "\\", quote == "\"", let escaped = rest.popFirst() {
        out.append(escaped == "n" ? "\n" : escaped)
      } else {
        out.append(character)
      }
    }
    return nil
  }
}

extension Substring {
  fileprivate func trimmingSuffix(while condition: (Character) -> Bool) -> Substring {
    var copy = self
    while let last = copy.last, condition(last) { copy.removeLast() }
    return copy
  }
}
