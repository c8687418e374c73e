/// Canonical decomposition (NFD), which the standard library has but does not offer.
///
/// The order of combining marks is left as it is: whoever asks drops them.
enum CanonicalDecomposition {
  /// Calls a closure with each scalar of the full decomposition of a scalar.
  static func forEachScalar(of scalar: Unicode.Scalar, _ body: (Unicode.Scalar) -> Void) {
    guard scalar.value >= 0xC0 else { return body(scalar) }
    if hangulSyllables.contains(scalar.value) { return decomposeHangul(scalar.value, body) }
    guard let parts = table[scalar.value] else { return body(scalar) }
    for part in parts { body(part) }
  }

  /// Where a syllable's parts come from by arithmetic: The Unicode Standard, section 3.12.
  private static let hangulSyllables: Range<UInt32> = 0xAC00..<0xD7A4

  private static func decomposeHangul(_ syllable: UInt32, _ body: (Unicode.Scalar) -> Void) {
    let index = syllable - hangulSyllables.lowerBound
    let jamo = [0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11A7 + index % 28]
    for value in index % 28 == 0 ? jamo.dropLast() : jamo[...] {
      if let part = Unicode.Scalar(value) { body(part) }
    }
  }

  /// The resource's lines: a scalar and its parts, in hexadecimal.
  private static let table: [UInt32: [Unicode.Scalar]] = {
    var table: [UInt32: [Unicode.Scalar]] = [:]
    for line in PackageResources.canonical_decomposition_txt.split(separator: UInt8(ascii: "\n")) {
      let scalars = line.split(separator: UInt8(ascii: " ")).compactMap { hexadecimal in
        UInt32(String(decoding: hexadecimal, as: UTF8.self), radix: 16).flatMap(Unicode.Scalar.init)
      }
      if let first = scalars.first { table[first.value] = Array(scalars.dropFirst()) }
    }
    return table
  }()
}
