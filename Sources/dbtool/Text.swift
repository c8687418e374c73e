/// Text for a terminal.
enum Text {
  /// One line without control characters, which could otherwise move the cursor or worse.
  static func oneLine(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: out += " "
      case .format where scalar.value != 0x200D: continue  // bidirectional marks, but emoji joiners
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// The columns that a text takes: two for East Asian and emoji, one for the rest.
  static func width(_ text: String) -> Int { text.reduce(0) { $0 + width($1) } }

  private static func width(_ character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    switch first.value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }

  /// The text cut to a number of columns, with an ellipsis where something is missing.
  static func cut(_ text: String, to columns: Int) -> String {
    guard width(text) > columns else { return text }
    var out = ""
    var used = 0
    for character in text {
      guard used + width(character) < columns else { break }
      out.append(character)
      used += width(character)
    }
    return out + "…"
  }

  /// The text in lines of so many columns, broken at blanks where there are any.
  static func wrapped(_ text: String, to columns: Int) -> [String] {
    let columns = max(10, columns)
    var lines: [String] = []
    var line = ""
    for word in oneLine(text).split(separator: " ", omittingEmptySubsequences: false) {
      var word = String(word)
      if !line.isEmpty, width(line) + 1 + width(word) > columns {
        lines.append(line)
        line = ""
      }
      var rest = word[...]
      while let cut = rest.index(rest.startIndex, offsetBy: columns, limitedBy: rest.endIndex),
        cut < rest.endIndex
      {
        lines.append(String(rest[..<cut]))
        rest = rest[cut...]
      }
      word = String(rest)
      line += (line.isEmpty ? "" : " ") + word
    }
    return lines + [line]
  }

  /// The text filled up with blanks.
  static func padded(_ text: String, to columns: Int) -> String {
    text + String(repeating: " ", count: max(0, columns - width(text)))
  }

  /// A number with a fixed count of decimals.
  static func fixed(_ number: Double, decimals: Int) -> String {
    guard number.isFinite else { return number.description }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (abs(number) * scale).rounded()
    guard scaled < 1e15 else { return number.description }
    let digits = String(Int(scaled))
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    let sign = number < 0 && scaled > 0 ? "-" : ""
    guard decimals > 0 else { return sign + padded }
    return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
  }
}
