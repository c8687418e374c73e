/// Arrays in NumPy's format, as `numpy.save` writes them.
public enum NumpyBytes {
  /// The bytes of a two-dimensional array.
  ///
  /// - Parameters:
  ///   - rows: The rows, all of one length; for `<f2` no element may be subnormal or beyond a half.
  ///   - type: `<f2`, `<f4` or `<f8`.
  /// - Returns: The whole file.
  public static func of(_ rows: [[Double]], type: String) -> [UInt8] {
    let shape = "(\(rows.count), \(rows.first?.count ?? 1))"
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
    while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
    header += "\n"
    let length = UInt16(header.utf8.count)
    let start = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)]
    return start + Array(header.utf8) + rows.joined().flatMap { bytes(of: $0, type) }
  }

  private static func bytes(of value: Double, _ type: String) -> [UInt8] {
    switch type {
    case "<f2": withUnsafeBytes(of: half(Float(value)).littleEndian, Array.init)
    case "<f4": withUnsafeBytes(of: Float(value).bitPattern.littleEndian, Array.init)
    default: withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init)
    }
  }

  /// What does not fit is cut off.
  private static func half(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let sign = UInt16(bits >> 16 & 0x8000)
    guard value != 0 else { return sign }
    guard value.isFinite else { return sign | 0x7C00 | (value.isNaN ? 1 : 0) }
    return sign | UInt16((bits >> 23 & 0xFF) - 112) << 10 | UInt16(bits >> 13 & 0x3FF)
  }
}
