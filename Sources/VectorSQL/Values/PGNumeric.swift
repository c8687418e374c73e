/// An exact decimal number, as PostgreSQL's `numeric`: kept as text, since Swift has no such type.
public struct PGNumeric: SQLEncodable, SQLDecodable, Hashable, CustomStringConvertible {
  /// The digits as the server writes them, for example `-12.50`, or `NaN`.
  public let description: String

  /// Reads a decimal number without an exponent, or `NaN`, `Infinity`, `-Infinity`; nil otherwise.
  ///
  /// PostgreSQL keeps up to 131,072 digits before the point and 16,383 after it; more is nil too.
  public init?(_ text: String) {
    guard Self.isNumber(text) || ["NaN", "Infinity", "-Infinity"].contains(text) else { return nil }
    description = text
  }

  private init(trusted text: String) { description = text }

  private static func isNumber(_ text: String) -> Bool {
    let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
    let parts = digits.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return (1...2).contains(parts.count)
      && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { (48...57).contains($0) } }
      && parts[0].count <= 131_072 && (parts.count == 1 || parts[1].count <= 16_383)
  }

  /// The nearest binary fraction.
  public var doubleValue: Double { Double(description) ?? .nan }

  /// `numeric`.
  public static var sqlType: SQLType { .numeric }
  /// The digits.
  public var sqlText: String { description }

  private enum Sign { static let plus = 0, minus = 0x4000, nan = 0xC000, infinity = 0xD000 }
  private static let minusInfinity = 0xF000

  /// Groups of four decimal digits from the left, with weight, sign and display scale.
  public func encodeBinary(into buffer: inout [UInt8]) {
    switch description {
    case "NaN": return appendHeader(groups: 0, weight: 0, sign: Sign.nan, scale: 0, to: &buffer)
    case "Infinity":
      return appendHeader(groups: 0, weight: 0, sign: Sign.infinity, scale: 0x20, to: &buffer)
    case "-Infinity":
      return appendHeader(groups: 0, weight: 0, sign: Self.minusInfinity, scale: 0x20, to: &buffer)
    default: break
    }
    let negative = description.hasPrefix("-")
    let parts = description.drop { $0 == "-" }.split(separator: ".")
    var whole = Array(parts[0].utf8.drop { $0 == UInt8(ascii: "0") })
    var fraction = parts.count > 1 ? Array(parts[1].utf8) : []
    let scale = fraction.count
    whole = Array(repeating: UInt8(ascii: "0"), count: (4 - whole.count % 4) % 4) + whole
    fraction += Array(repeating: UInt8(ascii: "0"), count: (4 - fraction.count % 4) % 4)
    let digits = whole + fraction
    var groups = stride(from: 0, to: digits.count, by: 4).map { start in
      digits[start..<start + 4].reduce(0) { $0 * 10 + Int($1 - 48) }
    }
    var weight = whole.count / 4 - 1
    while groups.first == 0 {
      groups.removeFirst()
      weight -= 1
    }
    while groups.last == 0 { groups.removeLast() }
    appendHeader(
      groups: groups.count,
      weight: groups.isEmpty ? 0 : weight,
      sign: negative && !groups.isEmpty ? Sign.minus : Sign.plus,
      scale: scale,
      to: &buffer
    )
    for group in groups { appendBigEndian(UInt16(group), to: &buffer) }
  }

  private func appendHeader(
    groups: Int,
    weight: Int,
    sign: Int,
    scale: Int,
    to buffer: inout [UInt8]
  ) {
    appendBigEndian(UInt16(groups), to: &buffer)
    appendBigEndian(Int16(weight), to: &buffer)
    appendBigEndian(UInt16(sign), to: &buffer)
    appendBigEndian(UInt16(scale), to: &buffer)
  }

  /// Reads `numeric`.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> PGNumeric {
    guard typeOID == BuiltinOID.numeric, let count = bigEndian(UInt16.self, in: bytes),
      let weight = bigEndian(Int16.self, in: bytes, at: 2),
      let sign = bigEndian(UInt16.self, in: bytes, at: 4),
      let scale = bigEndian(UInt16.self, in: bytes, at: 6), bytes.count == 8 + 2 * Int(count)
    else { throw SQLValueError("a column of type OID \(typeOID) read as a numeric") }
    switch Int(sign) {
    case Sign.nan: return PGNumeric(trusted: "NaN")
    case Sign.infinity: return PGNumeric(trusted: "Infinity")
    case minusInfinity: return PGNumeric(trusted: "-Infinity")
    default: break
    }
    let group = { (index: Int) -> String in
      let value = bigEndian(UInt16.self, in: bytes, at: 8 + 2 * index) ?? 0
      return String(String(10_000 + Int(index >= 0 && index < count ? value : 0)).dropFirst())
    }
    var whole = weight < 0 ? "0" : (0...Int(weight)).map(group).joined()
    whole = String(whole.drop { $0 == "0" })
    var text = (Int(sign) == Sign.minus ? "-" : "") + (whole.isEmpty ? "0" : whole)
    if scale > 0 {
      let first = Int(weight) + 1
      let fraction = (first..<first + (Int(scale) + 3) / 4).map(group).joined()
      text += "." + fraction.prefix(Int(scale))
    }
    return PGNumeric(trusted: text)
  }
}
