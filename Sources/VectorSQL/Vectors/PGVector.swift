/// A dense vector of 32-bit floats, pgvector's `vector`: 1 to 16,000 finite elements.
public struct PGVector: Sendable, Hashable {
  /// The elements, all finite.
  public let elements: [Float]

  /// The number of elements.
  public var dimension: Int { elements.count }

  /// A vector; nothing that pgvector would refuse can be made.
  ///
  /// - Throws: ``SQLValueError`` for no elements, more than 16,000, NaN and infinity.
  public init(_ elements: [Float]) throws(SQLValueError) {
    try Self.check(elements, type: "vector")
    self.elements = elements
  }

  private init(unchecked elements: [Float]) { self.elements = elements }

  static func check(_ elements: [Float], type: String) throws(SQLValueError) {
    guard (1...16_000).contains(elements.count) else {
      throw SQLValueError("a \(type) has 1 to 16,000 dimensions, not \(elements.count)")
    }
    // NaN and infinity alone have every bit of the exponent set, so that one more carries into the
    // sign's place. Whole numbers let the compiler take several elements at a time; floats do not.
    var carries: UInt32 = 0
    for element in elements { carries |= (element.bitPattern & 0x7FFF_FFFF) &+ 0x0080_0000 }
    guard carries < 0x8000_0000 else {
      let index = elements.firstIndex { !$0.isFinite } ?? 0
      throw SQLValueError(
        "element \(index + 1) of a \(type) is \(elements[index]), not a finite number"
      )
    }
  }
}

extension PGVector: SQLEncodable, SQLDecodable {
  /// `vector`.
  public static var sqlType: SQLType { .vector }
  /// `[0.1,0.2]`, each the shortest digits that read back as the same number.
  public var sqlText: String { "[" + elements.map(\.description).joined(separator: ",") + "]" }

  /// Dimension (2 bytes), two unused bytes, then each element as a big-endian float.
  public func encodeBinary(into buffer: inout [UInt8]) {
    let start = buffer.count
    buffer.append(contentsOf: repeatElement(0, count: 4 + 4 * elements.count))
    buffer.withUnsafeMutableBytes { bytes in
      bytes.storeBytes(of: UInt16(elements.count).bigEndian, toByteOffset: start, as: UInt16.self)
      var offset = start + 4
      for element in elements {
        bytes.storeBytes(of: element.bitPattern.bigEndian, toByteOffset: offset, as: UInt32.self)
        offset += 4
      }
    }
  }

  /// Reads `vector`.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> PGVector {
    guard let dimension = bigEndian(UInt16.self, in: bytes), bytes.count == 4 + 4 * Int(dimension)
    else { throw SQLValueError("a column of type OID \(typeOID) read as a vector") }
    return PGVector(
      unchecked: (0..<Int(dimension)).map { index in
        let bits = bytes.loadUnaligned(fromByteOffset: 4 + 4 * index, as: UInt32.self)
        return Float(bitPattern: UInt32(bigEndian: bits))
      }
    )
  }
}

/// A dense vector of 16-bit floats, pgvector's `halfvec`: half the bytes, three decimal digits.
public struct PGHalfVector: Sendable, Hashable {
  /// The elements as 32-bit floats, each exactly a 16-bit one.
  public let elements: [Float]

  /// The number of elements.
  public var dimension: Int { elements.count }

  /// A vector, each element rounded to the nearest 16-bit float.
  ///
  /// - Throws: ``SQLValueError`` for no elements, more than 16,000, NaN, infinity, and what rounds
  ///   beyond 65,504, the largest 16-bit float.
  public init(_ elements: [Float]) throws(SQLValueError) {
    try PGVector.check(elements, type: "halfvec")
    let rounded = elements.map { Float16Bits.float(Float16Bits.bits($0)) }
    if let index = rounded.firstIndex(where: { !$0.isFinite }) {
      throw SQLValueError("element \(index + 1) of a halfvec is \(elements[index]), beyond 65504")
    }
    self.elements = rounded
  }
}

extension PGHalfVector: SQLEncodable, SQLDecodable {
  /// `halfvec`.
  public static var sqlType: SQLType { .halfvec }
  /// `[0.1,0.2]`.
  public var sqlText: String { "[" + elements.map(\.description).joined(separator: ",") + "]" }

  /// Dimension (2 bytes), two unused bytes, then each element as a big-endian 16-bit float.
  public func encodeBinary(into buffer: inout [UInt8]) {
    appendBigEndian(UInt16(elements.count), to: &buffer)
    appendBigEndian(UInt16(0), to: &buffer)
    for element in elements { appendBigEndian(Float16Bits.bits(element), to: &buffer) }
  }

  /// Reads `halfvec`.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> PGHalfVector {
    guard let dimension = bigEndian(UInt16.self, in: bytes), bytes.count == 4 + 2 * Int(dimension)
    else { throw SQLValueError("a column of type OID \(typeOID) read as a halfvec") }
    return try PGHalfVector(
      (0..<Int(dimension)).map { index in
        let bits = bytes.loadUnaligned(fromByteOffset: 4 + 2 * index, as: UInt16.self)
        return Float16Bits.float(UInt16(bigEndian: bits))
      }
    )
  }
}

/// Conversion between 32-bit and 16-bit floats by their bits, since `Float16` is missing from
/// Swift on Intel Macs.
enum Float16Bits {
  /// Rounds to the nearest, ties to even, as the hardware does.
  static func bits(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let sign = UInt16(truncatingIfNeeded: (bits >> 16) & 0x8000)
    let magnitude = bits & 0x7FFF_FFFF
    if magnitude >= 0x7F80_0000 { return sign | (magnitude > 0x7F80_0000 ? 0x7E00 : 0x7C00) }
    if magnitude < 0x3880_0000 {
      // Below the smallest normal half: the addition lets the hardware round at the right bit.
      let rounded = Float(bitPattern: magnitude) + 0.5
      return sign | UInt16(truncatingIfNeeded: rounded.bitPattern &- Float(0.5).bitPattern)
    }
    let rebased = magnitude &- 0x3800_0000
    let rounded = (rebased &+ 0xFFF &+ ((rebased >> 13) & 1)) >> 13
    return sign | (rounded >= 0x7C00 ? 0x7C00 : UInt16(truncatingIfNeeded: rounded))
  }

  /// Every 16-bit float is exactly a 32-bit one.
  static func float(_ half: UInt16) -> Float {
    let sign = UInt32(half & 0x8000) << 16
    let exponent = UInt32(half & 0x7C00) >> 10
    let fraction = UInt32(half & 0x03FF)
    switch exponent {
    case 0:
      let magnitude = Float(fraction) * 0x1p-24
      return sign == 0 ? magnitude : -magnitude
    case 31: return Float(bitPattern: sign | 0x7F80_0000 | (fraction << 13))
    default: return Float(bitPattern: sign | ((exponent + 112) << 23) | (fraction << 13))
    }
  }
}
