/// Reads JSON (RFC 8259) value by value; pure, no I/O.
///
/// This is our own because Foundation's decoder takes ten times as long for vectors, names no place, and
/// calls a number beyond a float malformed.
struct JSONScanner {
  /// Where the bytes are no JSON, and why.
  struct Fault: Error {
    let index: Int
    let sentence: String
  }

  let bytes: [UInt8]
  private(set) var index: Int
  private let end: Int

  /// Values nested deeper than this are nobody's data.
  private static let deepest = 200

  /// Starts at the beginning of a range of bytes.
  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    index = range.lowerBound
    end = range.upperBound
  }

  /// The byte that the scanner stands on, nil at the end.
  var byte: UInt8? { index < end ? bytes[index] : nil }

  /// Moves over a byte.
  mutating func advance() { index += 1 }

  /// A fault at the place where the scanner stands.
  func fault(_ sentence: String) -> Fault {
    Fault(index: index, sentence: index < end ? sentence : "the line ends too early")
  }

  // MARK: Signs, with the blanks before them

  /// Moves over blanks.
  ///
  /// - Returns: The byte behind them.
  mutating func skipBlanks() -> UInt8? {
    while let byte, byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A { index += 1 }
    return byte
  }

  /// Moves over a sign, if it is the next.
  mutating func take(_ sign: Unicode.Scalar) -> Bool {
    guard skipBlanks() == UInt8(ascii: sign) else { return false }
    index += 1
    return true
  }

  /// Moves over a sign, which has to be the next.
  mutating func expect(_ sign: Unicode.Scalar, _ sentence: String) throws(Fault) {
    guard take(sign) else { throw fault(sentence) }
  }

  /// The first of these words that is the next; it stays the next.
  mutating func word(of words: [String]) -> String? {
    _ = skipBlanks()
    return words.first { bytes[index..<end].starts(with: $0.utf8) }
  }

  // MARK: Whole values

  /// Moves over an array, or over an object's members, one element after the other.
  mutating func list(
    _ open: Unicode.Scalar,
    _ close: Unicode.Scalar,
    _ element: (inout JSONScanner) throws(Fault) -> Void
  ) throws(Fault) {
    try expect(open, "\(open) should stand here")
    if take(close) { return }
    repeat { try element(&self) } while take(",")
    try expect(close, "a comma or \(close) should stand here")
  }

  /// Reads a member's name and the colon behind it.
  mutating func name() throws(Fault) -> String {
    let name = try string()
    try expect(":", "a colon should stand here")
    return name
  }

  /// Moves over any value.
  mutating func skipValue(depth: Int = 0) throws(Fault) {
    guard depth < Self.deepest else { throw fault("this is nested too deeply") }
    switch skipBlanks() {
    case UInt8(ascii: "{"):
      try list("{", "}") { scanner throws(Fault) in
        _ = try scanner.name()
        try scanner.skipValue(depth: depth + 1)
      }
    case UInt8(ascii: "["):
      try list("[", "]") { scanner throws(Fault) in try scanner.skipValue(depth: depth + 1) }
    case UInt8(ascii: "\""): _ = try string()
    case _ where isAtNumber: _ = try number()
    default:
      guard let word = word(of: ["true", "false", "null"]) else {
        throw fault("no JSON value begins like this")
      }
      index += word.utf8.count
    }
  }
}
