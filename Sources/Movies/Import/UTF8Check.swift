/// Finds the first byte that PostgreSQL would not take as UTF-8 text: a broken sequence, or NUL.
///
/// The standard library can validate, too, but does not say where on every platform that we build for.
enum UTF8Check {
  /// The index of the first bad byte in a range; nil if all is well.
  static func firstInvalid(in bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
    var index = range.lowerBound
    while index < range.upperBound {
      if index + 8 <= range.upperBound, isPlainASCII(bytes.bytes, at: index) {
        index += 8
        continue
      }
      let byte = bytes[index]
      if byte < 0x80 {
        if byte == 0 { return index }
        index += 1
        continue
      }
      guard let length = sequenceLength(bytes, index, range.upperBound) else { return index }
      index += length
    }
    return nil
  }

  /// Whether eight bytes are ASCII without NUL: the ordinary case, decided in a few instructions.
  private static func isPlainASCII(_ bytes: RawSpan, at index: Int) -> Bool {
    let word = bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
    let highBits: UInt64 = 0x8080_8080_8080_8080
    let hasZero = (word &- 0x0101_0101_0101_0101) & ~word & highBits
    return word & highBits | hasZero == 0
  }

  /// The length of the well-formed sequence at an index (Unicode, table 3-7); nil if it is not one.
  private static func sequenceLength(_ bytes: Span<UInt8>, _ index: Int, _ end: Int) -> Int? {
    let lead = bytes[index]
    let length: Int
    // The second byte's bounds keep out overlong forms, surrogates and what is beyond U+10FFFF.
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: length = 4
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return nil
    }
    guard index + length <= end, second.contains(bytes[index + 1]) else { return nil }
    for offset in 2..<max(length, 2) where bytes[index + offset] & 0xC0 != 0x80 { return nil }
    return length
  }
}
