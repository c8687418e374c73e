/// A PostgreSQL type as a statement names it: by its SQL name and, for built-in types, its OID.
///
/// The OIDs of built-in types are fixed for ever; those of extensions, enums and domains differ from
/// database to database, so a client looks them up by name on each connection.
public struct SQLType: Sendable, Hashable {
  /// The name as SQL spells it, for example `bigint`, `text[]` or `vector`.
  public let name: String
  /// The fixed OID of a built-in type; nil where the database decides.
  public let oid: UInt32?
  private let arrayOID: UInt32?

  private init(_ name: String, oid: UInt32, arrayOID: UInt32?) {
    self.name = name
    self.oid = oid
    self.arrayOID = arrayOID
  }

  /// A type that the database has to look up: an enum, a domain, a type of an extension.
  public init(named name: String) {
    self.name = name
    oid = nil
    arrayOID = nil
  }

  /// The type of arrays of this type.
  public var array: SQLType {
    guard let arrayOID else { return SQLType(named: name + "[]") }
    return SQLType(name + "[]", oid: arrayOID, arrayOID: nil)
  }

  /// No declared type: the server infers one from the context, and the value travels as text.
  public static let unspecified = SQLType("unknown", oid: 0, arrayOID: nil)
  /// `boolean`.
  public static let boolean = SQLType("boolean", oid: 16, arrayOID: 1000)
  /// `bytea`.
  public static let bytea = SQLType("bytea", oid: 17, arrayOID: 1001)
  /// `smallint`.
  public static let smallint = SQLType("smallint", oid: 21, arrayOID: 1005)
  /// `integer`.
  public static let integer = SQLType("integer", oid: 23, arrayOID: 1007)
  /// `bigint`.
  public static let bigint = SQLType("bigint", oid: 20, arrayOID: 1016)
  /// `oid`.
  public static let oid = SQLType("oid", oid: 26, arrayOID: 1028)
  /// `real`.
  public static let real = SQLType("real", oid: 700, arrayOID: 1021)
  /// `double precision`.
  public static let doublePrecision = SQLType("double precision", oid: 701, arrayOID: 1022)
  /// `numeric`.
  public static let numeric = SQLType("numeric", oid: 1700, arrayOID: 1231)
  /// `text`.
  public static let text = SQLType("text", oid: 25, arrayOID: 1009)
  /// `uuid`.
  public static let uuid = SQLType("uuid", oid: 2950, arrayOID: 2951)
  /// `json`.
  public static let json = SQLType("json", oid: 114, arrayOID: 199)
  /// `jsonb`.
  public static let jsonb = SQLType("jsonb", oid: 3802, arrayOID: 3807)
  /// `date`.
  public static let date = SQLType("date", oid: 1082, arrayOID: 1182)
  /// `timestamp without time zone`.
  public static let timestamp = SQLType("timestamp", oid: 1114, arrayOID: 1115)
  /// `timestamp with time zone`.
  public static let timestamptz = SQLType("timestamptz", oid: 1184, arrayOID: 1185)
  /// pgvector's `vector`.
  public static let vector = SQLType(named: "vector")
  /// pgvector's `halfvec`.
  public static let halfvec = SQLType(named: "halfvec")

  /// Whether values of this type may travel in binary.
  ///
  /// An undeclared type only travels as text, and so does an array whose elements' OID is not fixed,
  /// since the array's bytes would have to hold it.
  public var travelsInBinary: Bool {
    self != .unspecified && (oid != nil || !name.hasSuffix("[]"))
  }
}
