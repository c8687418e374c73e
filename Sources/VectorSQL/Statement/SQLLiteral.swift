/// Quoting of literals, for scripts and for the places where no parameter may stand.
public enum SQLLiteral {
  /// Quotes a text: `it's` becomes `'it''s'`.
  ///
  /// With a backslash in it the `E''` form, so that the literal means the same whatever
  /// `standard_conforming_strings` says.
  public static func quoted(_ text: String) -> String {
    var body: [UInt8] = []
    body.reserveCapacity(text.utf8.count + 4)
    var hasBackslash = false
    for byte in text.utf8 {
      if byte == UInt8(ascii: "'") { body.append(byte) }
      if byte == UInt8(ascii: "\\") {
        body.append(byte)
        hasBackslash = true
      }
      body.append(byte)
    }
    return (hasBackslash ? "E'" : "'") + String(decoding: body, as: UTF8.self) + "'"
  }
}
