package import VectorSQL

/// Vectors in print: 384 numbers tell nobody anything, but whether two are the same does.
package enum VectorElision {
  /// Shorter ones are shown as they are.
  private static let longest = 8

  /// `[384 × f32 #a1b2c3]` for a long vector's text form, nil for anything else.
  private static func short(_ text: some StringProtocol, type: String = "vector") -> String? {
    guard text.hasPrefix("["), text.hasSuffix("]") else { return nil }
    let count = text.utf8.count { $0 == UInt8(ascii: ",") } + 1
    let isNumbers = text.utf8.allSatisfy { byte in
      (48...57).contains(byte) || "[],.+-eE ".utf8.contains(byte)
    }
    guard count > longest, isNumbers else { return nil }
    // FNV-1a, folded to 24 bits: enough to tell two apart by eye.
    var hash: UInt32 = 2_166_136_261
    for byte in text.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    let digits = String((hash >> 8) ^ (hash & 0xFF), radix: 16)
    let padded = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    return "[\(count) × \(type == "halfvec" ? "f16" : "f32") #\(padded)]"
  }

  /// A text with the long vectors in its quotes made short.
  package static func shortened(_ text: String) -> String {
    guard text.utf8.count > 60, text.contains("[") else { return text }
    var out = ""
    var rest = text[...]
    while let open = rest.firstIndex(of: "["),
      let close = rest[open...].firstIndex(of: "]")
    {
      out += rest[..<open]
      let vector = rest[open...close]
      out += short(vector) ?? String(vector)
      rest = rest[rest.index(after: close)...]
    }
    return out + rest
  }

  /// A bound value for a person.
  package static func shown(_ bind: SQLBind) -> String {
    guard let text = bind.text else { return "NULL" }
    return short(text, type: bind.type.name) ?? text
  }
}
