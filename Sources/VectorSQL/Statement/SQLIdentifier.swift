/// A name in SQL, optionally qualified, quoted only where PostgreSQL needs quotes.
///
/// ```swift
/// SQLIdentifier(schema: "shop", "Product Items").sql  // shop."Product Items"
/// ```
public struct SQLIdentifier: Sendable, Hashable, CustomStringConvertible {
  /// The parts from the outside in: schema, relation, column.
  public let parts: [String]
  /// The name as it stands in a statement.
  public let sql: String

  /// A bare name.
  public init(_ name: String) { self.init(parts: [name]) }

  /// A name in a schema; without a schema the bare name.
  public init(schema: String?, _ name: String) {
    self.init(parts: (schema.map { [$0] } ?? []) + [name])
  }

  /// A name as a person writes it, `[SCHEMA.]NAME`, with or without quotes around its parts.
  public init(parsing text: String) {
    var parts = [String.UnicodeScalarView()]
    var isQuoted = false
    // Two quotes inside of quotes are one; a quote that opens just where one closed makes them two.
    var hasClosed = false
    for scalar in text.unicodeScalars {
      let mayDouble = hasClosed
      hasClosed = false
      switch scalar {
      case "\"":
        if mayDouble { parts[parts.count - 1].append(scalar) }
        hasClosed = isQuoted
        isQuoted.toggle()
      case "." where !isQuoted && parts.count < 2: parts.append(.init())
      default: parts[parts.count - 1].append(scalar)
      }
    }
    self.init(parts: parts.map { String($0) })
  }

  /// This name qualifying another: `product` and `name` give `product.name`.
  public func appending(_ name: String) -> SQLIdentifier {
    SQLIdentifier(parts: parts + [name], sql: sql + "." + Self.quoted(name))
  }

  private init(parts: [String], sql: String) {
    self.parts = parts
    self.sql = sql
  }

  private init(parts: [String]) {
    self.init(parts: parts, sql: parts.map(Self.quoted).joined(separator: "."))
  }

  /// Equal are names of the same bytes: the server tells "é" from "e" with an accent, Swift's strings do not.
  public static func == (lhs: SQLIdentifier, rhs: SQLIdentifier) -> Bool {
    lhs.sql.utf8.elementsEqual(rhs.sql.utf8)
  }

  /// Hashes the bytes.
  public func hash(into hasher: inout Hasher) { hasher.combine(Array(sql.utf8)) }

  /// The same as ``sql``.
  public var description: String { sql }

  /// Quotes as `quote_ident` of PostgreSQL does: only what would not be read back as the same name.
  public static func quoted(_ name: String) -> String {
    guard needsQuotes(name) else { return name }
    var out = "\""
    for scalar in name.unicodeScalars {
      if scalar == "\"" { out += "\"" }
      out.unicodeScalars.append(scalar)
    }
    return out + "\""
  }

  private static func needsQuotes(_ name: String) -> Bool {
    guard let first = name.utf8.first, first == UInt8(ascii: "_") || isLowercase(first) else {
      return true
    }
    return !name.utf8.allSatisfy { isLowercase($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
      || reservedWords.contains(name)
  }

  private static func isLowercase(_ byte: UInt8) -> Bool { (97...122).contains(byte) }
  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

  /// Every key word that is not unreserved in PostgreSQL 16 to 18, which is what `quote_ident`
  /// quotes; a test compares the list with `pg_get_keywords()` of each server.
  public static let reservedWords: Set<String> = Set(
    """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit \
    boolean both case cast char character check coalesce collate collation column concurrently \
    constraint create cross current_catalog current_date current_role current_schema current_time \
    current_timestamp current_user dec decimal default deferrable desc distinct do else end except \
    exists extract false fetch float for foreign freeze from full grant greatest group grouping \
    having ilike in initially inner inout int integer intersect interval into is isnull join json \
    json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar \
    json_serialize json_table json_value lateral leading least left like limit localtime \
    localtimestamp merge_action national natural nchar none normalize not notnull null nullif \
    numeric offset on only or order out outer overlaps overlay placing position precision primary \
    real references returning right row select session_user setof similar smallint some substring \
    symmetric system_user table tablesample then time timestamp to trailing treat trim true union \
    unique user using values varchar variadic verbose when where window with xmlattributes \
    xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize \
    xmltable
    """.split(separator: " ").map(String.init)
  )
}
