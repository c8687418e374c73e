package import VectorSQL

/// Vectors in print: 384 numbers tell nobody anything, but whether two are the same does.
package enum VectorElision {
  /// Shorter ones are shown as they are.
  private static let longest = 8

  /// `[384 × f32 #a1b2c3]` for a long vector's text form, `{30522 × f32, 120 set #a1b2c3}` for a sparse one,
  /// nil for anything else.
  private static func short(_ text: Substring, isHalf: Bool = false) -> String? {
    let isSparse = text.hasPrefix("{")
    guard isSparse || text.hasPrefix("[") else { return nil }
    let parts = text.dropFirst().split(separator: isSparse ? "}" : "]", maxSplits: 1)
    guard let first = parts.first, parts.count == (isSparse ? 2 : 1) else { return nil }
    let entries = first.split(separator: ",")
    guard entries.count > longest else { return nil }
    // By the numbers and not by their digits, of which the server writes others than a person does; and as
    // 16-bit floats, since a literal does not say whether it is one.
    var hash = Hash()
    for entry in entries {
      var number = entry[...]
      if isSparse {
        guard let colon = entry.firstIndex(of: ":"),
          let place = trimmed(entry[..<colon], as: Int.self)
        else { return nil }
        hash.add(UInt32(truncatingIfNeeded: place))
        number = entry[entry.index(after: colon)...]
      }
      guard let value = trimmed(number, as: Float.self) else { return nil }
      let half = (try? PGHalfVector([value]))?.elements.first ?? value
      hash.add(half == 0 ? 0 : half.bitPattern)
    }
    let type = isHalf ? "f16" : "f32"
    guard isSparse else { return "[\(entries.count) × \(type) #\(hash.digits)]" }
    guard parts[1].first == "/", let dimension = Int(parts[1].dropFirst()) else { return nil }
    return "{\(dimension) × \(type), \(entries.count) set #\(hash.digits)}"
  }

  private static func trimmed<Number: LosslessStringConvertible>(
    _ text: Substring,
    as type: Number.Type
  ) -> Number? {
    let start = text.drop(while: \.isWhitespace)
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return nil }
    return Number(String(start[...last]))
  }

  /// FNV-1a, folded to 24 bits: enough to tell two apart by eye.
  private struct Hash {
    private var value: UInt32 = 2_166_136_261

    mutating func add(_ number: UInt32) {
      for shift in stride(from: 0, through: 24, by: 8) {
        value = (value ^ (number >> UInt32(shift) & 0xFF)) &* 16_777_619
      }
    }

    var digits: String {
      let digits = String((value >> 8) ^ (value & 0xFF), radix: 16)
      return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }
  }

  /// A text with the long vectors in its quotes made short.
  package static func shortened(_ text: String) -> String {
    guard text.utf8.count > 60 else { return text }
    var out = ""
    var rest = text[...]
    while let open = rest.firstIndex(where: { $0 == "[" || $0 == "{" }) {
      out += rest[..<open]
      rest = rest[open...]
      guard var end = rest.firstIndex(of: rest[open] == "[" ? "]" : "}") else {
        out.append(rest.removeFirst())
        continue
      }
      end = rest.index(after: end)
      if rest[open] == "{", rest[end...].first == "/" {
        end = rest[rest.index(after: end)...].firstIndex { !$0.isNumber } ?? rest.endIndex
      }
      let isHalf = rest[end...].prefix(24).contains(/^'::(\w+\.)?halfvec/)
      guard let vector = short(rest[..<end], isHalf: isHalf) else {
        // What opens here may hold another that is a vector.
        out.append(rest.removeFirst())
        continue
      }
      out += vector
      rest = rest[end...]
    }
    return out + rest
  }

  /// A bound value for a person.
  package static func shown(_ bind: SQLBind) -> String {
    guard let text = bind.text else { return "NULL" }
    return short(text[...], isHalf: bind.type.name == "halfvec") ?? text
  }
}
