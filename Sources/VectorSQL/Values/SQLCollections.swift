extension Optional: SQLEncodable where Wrapped: SQLEncodable {
  /// The type of the wrapped value, so that a NULL is typed too.
  public static var sqlType: SQLType { Wrapped.sqlType }
  /// Whether there is no value.
  public var isSQLNull: Bool { self?.isSQLNull ?? true }
  /// The text form of the value.
  public var sqlText: String { self?.sqlText ?? "" }
  /// The binary form of the value.
  public func encodeBinary(into buffer: inout [UInt8]) { self?.encodeBinary(into: &buffer) }
  /// Checks the value, if there is one.
  public func validate() throws(SQLValueError) { try self?.validate() }
}

extension Optional: SQLDecodable where Wrapped: SQLDecodable {
  /// Reads the wrapped value.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> Wrapped? {
    .some(try Wrapped.decodeBinary(bytes, typeOID: typeOID))
  }
  /// NULL is nil.
  public static func decodeNull() throws(SQLValueError) -> Wrapped? { nil }
}

extension Array: SQLEncodable where Element: SQLEncodable {
  /// The array type of the element's type.
  public static var sqlType: SQLType { Element.sqlType.array }

  /// `{"a","b",NULL}`; every element quoted, which every element type takes.
  public var sqlText: String {
    let elements = map { element in
      guard !element.isSQLNull else { return "NULL" }
      var out = "\""
      for character in element.sqlText.unicodeScalars {
        if character == "\"" || character == "\\" { out += "\\" }
        out.unicodeScalars.append(character)
      }
      return out + "\""
    }
    return "{" + elements.joined(separator: ",") + "}"
  }

  /// One dimension from 1; elements of a type without a fixed OID cannot say theirs, so an array of
  /// them travels as text (the client looks at ``SQLType/oid``).
  public func encodeBinary(into buffer: inout [UInt8]) {
    appendBigEndian(Int32(isEmpty ? 0 : 1), to: &buffer)
    appendBigEndian(Int32(contains(where: \.isSQLNull) ? 1 : 0), to: &buffer)
    appendBigEndian(Element.sqlType.oid ?? 0, to: &buffer)
    guard !isEmpty else { return }
    appendBigEndian(Int32(count), to: &buffer)
    appendBigEndian(Int32(1), to: &buffer)
    for element in self {
      guard !element.isSQLNull else {
        appendBigEndian(Int32(-1), to: &buffer)
        continue
      }
      let lengthAt = buffer.count
      appendBigEndian(Int32(0), to: &buffer)
      element.encodeBinary(into: &buffer)
      // A client refuses what is too long for a message before it is sent.
      let length = Int32(truncatingIfNeeded: buffer.count - lengthAt - 4)
      Swift.withUnsafeBytes(of: length.bigEndian) { bytes in
        buffer.replaceSubrange(lengthAt..<lengthAt + 4, with: bytes)
      }
    }
  }

  /// Checks every element; an array of arrays is refused, since Swift's may be ragged.
  public func validate() throws(SQLValueError) {
    guard !Element.sqlType.name.hasSuffix("[]") else {
      throw SQLValueError("an array of arrays cannot be bound")
    }
    for element in self { try element.validate() }
  }
}

extension Array: SQLDecodable where Element: SQLDecodable {
  /// Reads an array of one dimension; the elements carry their own type.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> [Element] {
    guard let dimensions = bigEndian(Int32.self, in: bytes),
      let elementOID = bigEndian(UInt32.self, in: bytes, at: 8)
    else { throw SQLValueError("a column of type OID \(typeOID) read as an array") }
    guard dimensions > 0 else { return [] }
    guard dimensions == 1, let count = bigEndian(Int32.self, in: bytes, at: 12), count >= 0,
      Int(count) <= bytes.count
    else { throw SQLValueError("an array of \(dimensions) dimensions read as a list") }
    var out: [Element] = []
    out.reserveCapacity(Int(count))
    var offset = 20
    for _ in 0..<count {
      guard let length = bigEndian(Int32.self, in: bytes, at: offset) else {
        throw SQLValueError("an array that ends before its last element")
      }
      offset += 4
      guard length >= 0 else {
        out.append(try Element.decodeNull())
        continue
      }
      guard offset + Int(length) <= bytes.count else {
        throw SQLValueError("an array that ends before its last element")
      }
      let element = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + Int(length)])
      out.append(try Element.decodeBinary(element, typeOID: elementOID))
      offset += Int(length)
    }
    return out
  }
}
