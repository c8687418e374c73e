/// Appends a fixed-width integer in network byte order.
@inline(__always)
func appendBigEndian<Number: FixedWidthInteger>(_ number: Number, to buffer: inout [UInt8]) {
  withUnsafeBytes(of: number.bigEndian) { buffer.append(contentsOf: $0) }
}

/// Reads a fixed-width integer in network byte order; nil beyond the end.
@inline(__always)
func bigEndian<Number: FixedWidthInteger>(
  _ type: Number.Type = Number.self,
  in bytes: UnsafeRawBufferPointer,
  at offset: Int = 0
) -> Number? {
  guard offset >= 0, offset + MemoryLayout<Number>.size <= bytes.count else { return nil }
  return Number(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
}

/// The OIDs that the decoders tell apart.
enum BuiltinOID {
  static let bool: UInt32 = 16
  static let bytea: UInt32 = 17
  static let int8: UInt32 = 20
  static let int2: UInt32 = 21
  static let int4: UInt32 = 23
  static let oid: UInt32 = 26
  static let float4: UInt32 = 700
  static let float8: UInt32 = 701
  static let numeric: UInt32 = 1700
  static let date: UInt32 = 1082
  static let timestamp: UInt32 = 1114
  static let timestamptz: UInt32 = 1184
  static let uuid: UInt32 = 2950
  static let jsonb: UInt32 = 3802
}

/// Reads any of PostgreSQL's whole-number types.
private func decodeInteger<Number: FixedWidthInteger>(
  _ bytes: UnsafeRawBufferPointer,
  typeOID: UInt32
) throws(SQLValueError) -> Number {
  let wide: Int64? =
    switch typeOID {
    case BuiltinOID.int2: bigEndian(Int16.self, in: bytes).map(Int64.init)
    case BuiltinOID.int4: bigEndian(Int32.self, in: bytes).map(Int64.init)
    case BuiltinOID.int8: bigEndian(Int64.self, in: bytes)
    case BuiltinOID.oid: bigEndian(UInt32.self, in: bytes).map(Int64.init)
    default: nil
    }
  guard let wide else {
    throw SQLValueError("a column of type OID \(typeOID) read as a whole number")
  }
  guard let number = Number(exactly: wide) else {
    throw SQLValueError("\(wide) does not fit into \(Number.self)")
  }
  return number
}

extension Int16: SQLEncodable, SQLDecodable {
  /// `smallint`.
  public static var sqlType: SQLType { .smallint }
  /// Decimal digits.
  public var sqlText: String { String(self) }
  /// Two bytes.
  public func encodeBinary(into buffer: inout [UInt8]) { appendBigEndian(self, to: &buffer) }
  /// Reads `smallint`, `integer`, `bigint` or `oid` that fits.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> Int16 { try decodeInteger(bytes, typeOID: typeOID) }
}

extension Int32: SQLEncodable, SQLDecodable {
  /// `integer`.
  public static var sqlType: SQLType { .integer }
  /// Decimal digits.
  public var sqlText: String { String(self) }
  /// Four bytes.
  public func encodeBinary(into buffer: inout [UInt8]) { appendBigEndian(self, to: &buffer) }
  /// Reads `smallint`, `integer`, `bigint` or `oid` that fits.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> Int32 { try decodeInteger(bytes, typeOID: typeOID) }
}

extension Int64: SQLEncodable, SQLDecodable {
  /// `bigint`.
  public static var sqlType: SQLType { .bigint }
  /// Decimal digits.
  public var sqlText: String { String(self) }
  /// Eight bytes.
  public func encodeBinary(into buffer: inout [UInt8]) { appendBigEndian(self, to: &buffer) }
  /// Reads `smallint`, `integer`, `bigint` or `oid`.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> Int64 { try decodeInteger(bytes, typeOID: typeOID) }
}

extension Int: SQLEncodable, SQLDecodable {
  /// `bigint`.
  public static var sqlType: SQLType { .bigint }
  /// Decimal digits.
  public var sqlText: String { String(self) }
  /// Eight bytes.
  public func encodeBinary(into buffer: inout [UInt8]) { appendBigEndian(Int64(self), to: &buffer) }
  /// Reads `smallint`, `integer`, `bigint` or `oid`.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> Int { try decodeInteger(bytes, typeOID: typeOID) }
}

extension UInt32: SQLEncodable, SQLDecodable {
  /// `oid`.
  public static var sqlType: SQLType { .oid }
  /// Decimal digits.
  public var sqlText: String { String(self) }
  /// Four bytes.
  public func encodeBinary(into buffer: inout [UInt8]) { appendBigEndian(self, to: &buffer) }
  /// Reads `oid`, or another whole number that fits.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> UInt32 { try decodeInteger(bytes, typeOID: typeOID) }
}

extension Bool: SQLEncodable, SQLDecodable {
  /// `boolean`.
  public static var sqlType: SQLType { .boolean }
  /// `true` or `false`.
  public var sqlText: String { self ? "true" : "false" }
  /// One byte.
  public func encodeBinary(into buffer: inout [UInt8]) { buffer.append(self ? 1 : 0) }
  /// Reads `boolean`.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> Bool {
    guard typeOID == BuiltinOID.bool, bytes.count == 1 else {
      throw SQLValueError("a column of type OID \(typeOID) read as a boolean")
    }
    return bytes[0] != 0
  }
}

extension Float: SQLEncodable, SQLDecodable {
  /// `real`.
  public static var sqlType: SQLType { .real }
  /// The shortest digits that read back as the same number.
  public var sqlText: String { Double(self).isFinite ? description : Double(self).sqlText }
  /// Four bytes, IEEE 754.
  public func encodeBinary(into buffer: inout [UInt8]) { appendBigEndian(bitPattern, to: &buffer) }
  /// Reads `real`.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> Float {
    guard typeOID == BuiltinOID.float4, let bits = bigEndian(UInt32.self, in: bytes) else {
      throw SQLValueError("a column of type OID \(typeOID) read as a real")
    }
    return Float(bitPattern: bits)
  }
}

extension Double: SQLEncodable, SQLDecodable {
  /// `double precision`.
  public static var sqlType: SQLType { .doublePrecision }
  /// The shortest digits that read back as the same number; `NaN`, `Infinity`, `-Infinity`.
  public var sqlText: String {
    if isNaN { return "NaN" }
    if isInfinite { return self < 0 ? "-Infinity" : "Infinity" }
    return description
  }
  /// Eight bytes, IEEE 754.
  public func encodeBinary(into buffer: inout [UInt8]) { appendBigEndian(bitPattern, to: &buffer) }
  /// Reads `double precision` or `real`.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> Double {
    if typeOID == BuiltinOID.float8, let bits = bigEndian(UInt64.self, in: bytes) {
      return Double(bitPattern: bits)
    }
    return Double(try Float.decodeBinary(bytes, typeOID: typeOID))
  }
}
