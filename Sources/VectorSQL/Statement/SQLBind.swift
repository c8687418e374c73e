/// A value bound to a statement: its type and its two forms on the wire.
///
/// Public so that another driver can run the statement: send `binary` with format 1 or `text` with
/// format 0, and `type.oid` where it is known.
public struct SQLBind: Sendable, Hashable {
  /// The declared type of the parameter.
  public let type: SQLType
  private let value: any SQLEncodable

  /// Binds a value.
  public init<Value: SQLEncodable>(_ value: Value) {
    type = Value.sqlType
    self.value = value
  }

  /// Whether the value is NULL.
  public var isNull: Bool { value.isSQLNull }

  /// The form that PostgreSQL reads as text, nil for NULL.
  public var text: String? { isNull ? nil : value.sqlText }

  /// The form that PostgreSQL reads in binary, nil for NULL.
  public var binary: [UInt8]? {
    guard !isNull else { return nil }
    var buffer: [UInt8] = []
    value.encodeBinary(into: &buffer)
    return buffer
  }

  /// Appends the binary form, without its length, to a buffer: the way without an allocation.
  public func encodeBinary(into buffer: inout [UInt8]) { value.encodeBinary(into: &buffer) }

  /// Checks that the server can take the value.
  ///
  /// - Throws: ``SQLValueError`` for a NUL in a text and for what a type's own rules forbid.
  public func validate() throws(SQLValueError) { try value.validate() }

  /// Equal are binds of one type with the same bytes.
  public static func == (lhs: SQLBind, rhs: SQLBind) -> Bool {
    lhs.type == rhs.type && lhs.isNull == rhs.isNull && lhs.binary == rhs.binary
  }

  /// Hashes the type and the binary form.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(type)
    hasher.combine(binary)
  }
}

/// A Swift value that PostgreSQL can take as a parameter.
public protocol SQLEncodable: Sendable {
  /// The declared type of the parameter.
  static var sqlType: SQLType { get }
  /// Whether this value is NULL; then neither form is asked for.
  var isSQLNull: Bool { get }
  /// The text form, as the type's input function reads it.
  var sqlText: String { get }
  /// Appends the binary form, as the type's receive function reads it.
  func encodeBinary(into buffer: inout [UInt8])
  /// Checks what the server would refuse or, worse, cut short.
  func validate() throws(SQLValueError)
}

extension SQLEncodable {
  /// Not NULL.
  public var isSQLNull: Bool { false }
  /// Nothing to check.
  public func validate() throws(SQLValueError) {}
}

/// A Swift value that can be read from a column in binary form.
public protocol SQLDecodable {
  /// Reads the value.
  ///
  /// - Parameters:
  ///   - bytes: The value as the server sent it, without its length.
  ///   - typeOID: The column's type, to tell apart types that share a Swift type.
  /// - Returns: The value.
  /// - Throws: ``SQLValueError`` where the bytes are no such value.
  static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> Self
  /// What NULL becomes.
  ///
  /// - Throws: ``SQLValueError`` for types that have no room for NULL.
  static func decodeNull() throws(SQLValueError) -> Self
}

extension SQLDecodable {
  /// NULL is refused; ask for an optional instead.
  public static func decodeNull() throws(SQLValueError) -> Self {
    throw SQLValueError("NULL where \(Self.self) was expected")
  }
}

/// A value that cannot be sent or read, in one sentence.
public struct SQLValueError: Error, Hashable, CustomStringConvertible {
  /// The sentence.
  public let description: String

  /// Says what is wrong with the value.
  public init(_ description: String) { self.description = description }
}
