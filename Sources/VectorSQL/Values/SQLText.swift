extension String: SQLEncodable, SQLDecodable {
  /// `text`.
  public static var sqlType: SQLType { .text }
  /// The text itself.
  public var sqlText: String { self }
  /// Its UTF-8 bytes.
  public func encodeBinary(into buffer: inout [UInt8]) { buffer.append(contentsOf: utf8) }

  /// A NUL is refused: PostgreSQL has no room for it, and a C string would end there.
  public func validate() throws(SQLValueError) {
    guard !utf8.contains(0) else {
      throw SQLValueError("a text with a NUL character cannot be stored in PostgreSQL")
    }
  }

  /// The built-in types whose binary form is their text: `char`, `name`, `text`, `json`, `xml`,
  /// `unknown`, `char(n)`, `varchar`, `refcursor`, `cstring`.
  private static let textTypes: Set<UInt32> = [18, 19, 25, 114, 142, 705, 1042, 1043, 1790, 2275]
  /// Types from here on belong to a database: enums and extensions.
  private static let firstOwnOID: UInt32 = 16_384

  /// Reads `text`, `varchar`, `char`, `name`, `json`, `jsonb`, `xml`, enums, and the types of
  /// extensions that travel as text, such as `citext`; for others, cast to `text` in the statement.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> String {
    // jsonb travels as its version number, 1, and the text.
    if typeOID == BuiltinOID.jsonb { return String(decoding: bytes.dropFirst(), as: UTF8.self) }
    guard textTypes.contains(typeOID) || typeOID >= firstOwnOID, !bytes.contains(0),
      let text = String(validating: bytes, as: UTF8.self)
    else { throw SQLValueError("a column of type OID \(typeOID) read as a text") }
    return text
  }
}

/// A JSON document, sent as `jsonb`.
public struct PGJSON: SQLEncodable, SQLDecodable, Hashable {
  /// The document as text.
  public let text: String

  /// A document; the server checks its grammar.
  public init(_ text: String) { self.text = text }

  /// `jsonb`.
  public static var sqlType: SQLType { .jsonb }
  /// The document.
  public var sqlText: String { text }
  /// The version number 1 and the document.
  public func encodeBinary(into buffer: inout [UInt8]) {
    buffer.append(1)
    text.encodeBinary(into: &buffer)
  }
  /// A NUL is refused.
  public func validate() throws(SQLValueError) { try text.validate() }
  /// Reads `json` or `jsonb`.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> PGJSON {
    PGJSON(try String.decodeBinary(bytes, typeOID: typeOID))
  }
}

/// Bytes, sent as `bytea`.
public struct PGBytes: SQLEncodable, SQLDecodable, Hashable {
  /// The bytes.
  public let bytes: [UInt8]

  /// Some bytes.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// `bytea`.
  public static var sqlType: SQLType { .bytea }
  /// Hexadecimal with the prefix `\x`.
  public var sqlText: String { "\\x" + PGUUID.hexadecimal(bytes[...]) }
  /// The bytes.
  public func encodeBinary(into buffer: inout [UInt8]) { buffer.append(contentsOf: bytes) }
  /// Reads `bytea`.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> PGBytes {
    guard typeOID == BuiltinOID.bytea else {
      throw SQLValueError("a column of type OID \(typeOID) read as bytea")
    }
    return PGBytes(Array(bytes))
  }
}

/// A UUID by its sixteen bytes; a type of our own so that nothing here needs Foundation.
public struct PGUUID: SQLEncodable, SQLDecodable, Hashable, CustomStringConvertible {
  /// The sixteen bytes.
  public let bytes: [UInt8]

  /// Reads the usual form with or without hyphens; nil for anything else.
  public init?(_ text: String) {
    let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
    guard digits.count == 32 else { return nil }
    var out: [UInt8] = []
    for index in stride(from: 0, to: 32, by: 2) {
      let pair = String(decoding: digits[index..<index + 2], as: UTF8.self)
      guard let byte = UInt8(pair, radix: 16), pair.first != "+" else { return nil }
      out.append(byte)
    }
    bytes = out
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// The usual form, lower case with hyphens.
  public var description: String {
    [bytes[0..<4], bytes[4..<6], bytes[6..<8], bytes[8..<10], bytes[10..<16]]
      .map(Self.hexadecimal).joined(separator: "-")
  }

  static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
      as: UTF8.self
    )
  }

  /// `uuid`.
  public static var sqlType: SQLType { .uuid }
  /// The usual form.
  public var sqlText: String { description }
  /// Sixteen bytes.
  public func encodeBinary(into buffer: inout [UInt8]) { buffer.append(contentsOf: bytes) }
  /// Reads `uuid`.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> PGUUID {
    guard typeOID == BuiltinOID.uuid, bytes.count == 16 else {
      throw SQLValueError("a column of type OID \(typeOID) read as a uuid")
    }
    return PGUUID(bytes: Array(bytes))
  }
}

/// An enum of the database, by the type that holds its labels.
///
/// ```swift
/// enum Rating: String, SQLEnum { case g = "G"; static let sqlType = SQLType(named: "mpaa_rating") }
/// ```
public protocol SQLEnum: SQLScalar, RawRepresentable where RawValue == String {}

extension SQLEnum {
  /// The label.
  public var sqlText: String { rawValue }
  /// The label's UTF-8 bytes.
  public func encodeBinary(into buffer: inout [UInt8]) { rawValue.encodeBinary(into: &buffer) }
  /// Reads a label that the Swift type knows.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> Self {
    let label = try String.decodeBinary(bytes, typeOID: typeOID)
    guard let value = Self(rawValue: label) else {
      throw SQLValueError("\(Self.self) has no label \"\(label)\"")
    }
    return value
  }
}

/// A type of the database for which there is no Swift type; `dbtool codegen` names one for each.
///
/// A value is bound from its text form, whose type the server infers. To read one, cast it in the statement:
/// `SQLExpression<String>("\(Note.words.sql)::text")`.
public protocol SQLUnmapped: SQLScalar {
  /// The type as SQL spells it.
  static var typeName: String { get }
  /// The text form.
  var text: String { get }
}

extension SQLUnmapped {
  /// Undeclared.
  public static var sqlType: SQLType { .unspecified }
  /// The text form.
  public var sqlText: String { text }
  /// The text form.
  public func encodeBinary(into buffer: inout [UInt8]) { text.encodeBinary(into: &buffer) }
  /// A NUL is refused.
  public func validate() throws(SQLValueError) { try text.validate() }
  /// Refuses: the binary form is not known.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> Self {
    throw SQLValueError("a column of type \(typeName) has no Swift type: cast it to text")
  }
}
