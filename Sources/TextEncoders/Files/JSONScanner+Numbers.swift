extension JSONScanner {
  /// A number as it is written: mantissa × 10^exponent.
  struct Number {
    fileprivate(set) var range: Range<Int>
    fileprivate var mantissa: UInt64 = 0
    fileprivate var exponent = 0
    /// Digits of the mantissa; beyond 19 they do not fit.
    fileprivate var digits = 0

    fileprivate init(at index: Int) { range = index..<index }
  }

  /// Whether the scanner stands on the first character of a number.
  var isAtNumber: Bool {
    guard let byte else { return false }
    return byte == UInt8(ascii: "-") || byte &- UInt8(ascii: "0") < 10
  }

  /// Reads a number.
  mutating func number() throws(Fault) -> Number {
    _ = skipBlanks()
    var number = Number(at: index)
    if byte == UInt8(ascii: "-") { advance() }
    if byte == UInt8(ascii: "0") { advance() } else { try digits(of: &number) }
    if byte == UInt8(ascii: ".") {
      advance()
      number.exponent -= try digits(of: &number)
    }
    if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
      advance()
      number.exponent += try exponent()
    }
    number.range = number.range.lowerBound..<index
    return number
  }

  /// Reads one digit or more.
  ///
  /// - Returns: How many.
  @discardableResult
  private mutating func digits(of number: inout Number) throws(Fault) -> Int {
    let start = index
    while let byte, case let digit = byte &- UInt8(ascii: "0"), digit < 10 {
      number.mantissa = number.mantissa &* 10 &+ UInt64(digit)
      if number.digits > 0 || digit > 0 { number.digits += 1 }
      advance()
    }
    guard index > start else { throw fault("a digit should stand here") }
    return index - start
  }

  private mutating func exponent() throws(Fault) -> Int {
    let isNegative = byte == UInt8(ascii: "-")
    if isNegative || byte == UInt8(ascii: "+") { advance() }
    var size = Number(at: index)
    try digits(of: &size)
    // Far beyond every float is far enough.
    let exponent = size.digits > 4 ? 99_999 : Int(size.mantissa)
    return isNegative ? -exponent : exponent
  }

  /// The float that is nearest to a number; infinity for one that is beyond all of them.
  func float(_ number: Number) -> Float {
    if number.digits <= 19, (-22...22).contains(number.exponent) {
      let scale = Self.powersOfTen[abs(number.exponent)]
      let mantissa = Double(number.mantissa)
      let size = number.exponent < 0 ? mantissa / scale : mantissa * scale
      // A unit in the last place off at most. The slow way decides where that could matter, between two
      // floats, and where floats have fewer digits.
      let isUsual = size == 0 || size >= Double(Float.leastNormalMagnitude)
      let tail = size.bitPattern & 0x1FFF_FFFF
      if isUsual, !(0x0FFF_FFF0...0x1000_0010).contains(tail) {
        return Float(bytes[number.range.lowerBound] == UInt8(ascii: "-") ? -size : size)
      }
    }
    return Float(String(decoding: bytes[number.range], as: UTF8.self)) ?? .nan
  }

  /// 10^0 to 10^22: those that a double holds exactly.
  private static let powersOfTen: [Double] = (0...22).map { power in
    (0..<power).reduce(1) { size, _ in size * 10 }
  }
}
