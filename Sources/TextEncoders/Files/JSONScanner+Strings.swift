extension JSONScanner {
  /// Reads a string.
  mutating func string() throws(Fault) -> String {
    try expect("\"", "a string should stand here")
    var text = ""
    while true {
      text += try plainPart()
      let isEnd = byte == UInt8(ascii: "\"")
      advance()
      if isEnd { return text }
      text.unicodeScalars.append(try escapedCharacter())
    }
  }

  /// The characters before the next quote or backslash, on which the scanner then stands.
  private mutating func plainPart() throws(Fault) -> String {
    let start = index
    while let byte, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
      guard byte >= 0x20 else { throw fault("a control character stands in a string") }
      advance()
    }
    guard byte != nil else { throw fault("") }
    guard let text = String(validating: bytes[start..<index], as: UTF8.self) else {
      throw Fault(index: start, sentence: "this string is not UTF-8")
    }
    return text
  }

  /// What follows a backslash.
  private mutating func escapedCharacter() throws(Fault) -> Unicode.Scalar {
    let escape = byte
    let fault = fault("there is no such escape")
    advance()
    switch escape {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try codePoint()
    default: throw fault
    }
  }

  /// Four hexadecimal digits, and four more where they are the first half of a pair.
  private mutating func codePoint() throws(Fault) -> Unicode.Scalar {
    let fault = fault("half of a surrogate pair")
    let first = try codeUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    for sign in "\\u".utf8 {
      guard byte == sign else { throw fault }
      advance()
    }
    let second = try codeUnit()
    guard UTF16.isLeadSurrogate(first), UTF16.isTrailSurrogate(second) else { throw fault }
    let scalar = Unicode.Scalar(0x10000 + (UInt32(first) & 0x3FF) << 10 + UInt32(second) & 0x3FF)
    guard let scalar else { throw fault }
    return scalar
  }

  private mutating func codeUnit() throws(Fault) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw fault("four hexadecimal digits should follow \\u")
      }
      unit = unit << 4 | UInt16(digit)
      advance()
    }
    return unit
  }
}
