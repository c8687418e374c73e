import TestSupport
import Testing
import TextEncoders

/// The numbers of NumPy's three kinds of floats, bit by bit.
@Suite("Numbers in NumPy files") struct NumpyValueTests {
  @Test func `every half-precision number has its value`() throws {
    let array = try file("'<f2'", columns: 256, (0...UInt16.max).map { $0 })
    for row in 0..<256 {
      for (column, value) in array[row].enumerated() {
        let bits = row * 256 + column
        let size = Double(bits & 0x3FF)
        let exponent = bits >> 10 & 0x1F
        let magnitude: Double =
          switch exponent {
          case 0: size * 0x1p-24
          case 0x1F: size == 0 ? .infinity : .nan
          default: (1 + size / 1024) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
          }
        let isSame = magnitude.isNaN ? value.isNaN : Double(value.magnitude) == magnitude
        #expect(isSame && (value.sign == .minus) == (bits > 0x7FFF), "\(bits)")
      }
    }
  }

  @Test func `single-precision numbers come bit by bit`() throws {
    let values: [Float] = [
      0, -0.0, 1, -1, 0.1, .pi, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
      .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude,
      .leastNormalMagnitude.nextDown, .infinity, -.infinity, .nan, Float(nan: 5, signaling: false),
    ]
    let array = try file("'<f4'", columns: 8, values.map(\.bitPattern))
    #expect(array.rows == 2 && array.columns == 8)
    #expect((array[0] + array[1]).map(\.bitPattern) == values.map(\.bitPattern))
  }

  @Test func `double-precision numbers are rounded to the nearest`() throws {
    let values: [(Double, UInt32)] = [
      (0, 0), (-0.0, 0x8000_0000), (0.1, 0x3DCC_CCCD), (1.0 / 3, 0x3EAA_AAAB),
      // Halfway between two: to the even one.
      (16_777_217, 0x4B80_0000), (16_777_219, 0x4B80_0002), (0x1p-150, 0), (0x1.8p-149, 2),
      (0x1p-149, 1), (0x1.8p-150, 1), (.leastNonzeroMagnitude, 0),
      (-.leastNonzeroMagnitude, 0x8000_0000),
      (0x1.fffffep127, 0x7F7F_FFFF), (0x1.ffffffp127, 0x7F80_0000), (1e39, 0x7F80_0000),
      (-1e300, 0xFF80_0000), (.infinity, 0x7F80_0000), (-.infinity, 0xFF80_0000),
      (0x1p-126, 0x0080_0000), (0x1.fffffep-127, 0x0080_0000),
    ]
    let array = try file("'<f8'", columns: 5, values.map(\.0.bitPattern))
    #expect((0..<4).flatMap { array[$0] }.map(\.bitPattern) == values.map(\.1))
    #expect(try file("'<f8'", columns: 1, [Double.nan.bitPattern])[0][0].isNaN)
  }

  private func file(
    _ type: String,
    columns: Int,
    _ bits: [some FixedWidthInteger]
  ) throws -> NumpyArray {
    var data: [UInt8] = []
    for value in bits {
      withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
    }
    let shape = "(\(bits.count / columns), \(columns))"
    return try NumpyFile(type: type, shape: shape, data: data).array()
  }
}
