import PGCatalog

/// The Swift types of columns, and those that have to be declared for them.
struct SwiftTypes {
  /// A type of the database for which a Swift type is declared.
  struct Declared {
    /// The Swift name, inside of the schema's.
    let name: String
    /// The schema's Swift name, nil for `public`.
    let space: String?
    /// The type as SQL spells it.
    let sql: String
    /// The labels of an enum, nil where the type is only named.
    let labels: [String]?

    /// The name as other files write it.
    var qualified: String { (space.map { $0 + "." } ?? "") + name }
  }

  /// What was declared, in the order of its first use.
  private(set) var declared: [Declared] = []
  private let enums: [EnumType]

  init(enums: [EnumType]) { self.enums = enums }

  private static let known: [String: String] = [
    "bool": "Bool", "int2": "Int16", "int4": "Int32", "int8": "Int64", "float4": "Float",
    "float8": "Double", "numeric": "PGNumeric", "text": "String", "varchar": "String",
    "bpchar": "String", "name": "String", "citext": "String", "uuid": "PGUUID",
    "bytea": "PGBytes", "json": "PGJSON", "jsonb": "PGJSON", "date": "PGDate",
    "timestamp": "PGLocalTimestamp", "timestamptz": "PGTimestamp", "vector": "PGVector",
    "halfvec": "PGHalfVector",
  ]

  /// The Swift names that generated files use; a table of such a name gets another.
  static let reserved: Set<String> = Set(known.values).union([
    "Any", "Self", "Type", "Protocol", "Table", "TableSchema", "TypedColumn", "Embedding",
    "EncoderLabel", "SQLEnum", "SQLUnmapped", "UpTo2000", "UpTo4000", "UpTo16000", "VectorSQL",
  ])

  /// The type of a column's values, declaring what has no Swift type yet.
  ///
  /// - Parameters:
  ///   - column: The column.
  ///   - name: Gives out a name in the place of a schema: its Swift name and the type's own.
  /// - Returns: The type, optional where the column is.
  mutating func type(
    of column: ColumnDescription,
    naming name: (_ schema: String, _ type: String) -> (space: String?, name: String)
  ) -> String {
    let isArray = column.isArray && column.baseTypeName.hasPrefix("_")
    let element = isArray ? String(column.baseTypeName.dropFirst()) : column.baseTypeName
    let elementSQL =
      isArray && column.type.hasSuffix("[]") ? String(column.type.dropLast(2)) : column.type
    let scalar: String
    if let known = Self.known[element] {
      scalar = isArray ? "[\(known)]" : known
    } else if let found = enums.first(where: { $0.type == elementSQL }) {
      let type = declare(found.type, found.schema, found.name, labels: found.labels, name)
      scalar = isArray ? "[\(type)]" : type
    } else {
      // An array of what is only named is only named, too: its elements' bytes are not known.
      let own = isArray ? element + " array" : column.typeName
      scalar = declare(column.type, column.typeSchema, own, labels: nil, name)
    }
    return column.isNullable ? scalar + "?" : scalar
  }

  private mutating func declare(
    _ sql: String,
    _ schema: String,
    _ own: String,
    labels: [String]?,
    _ name: (_ schema: String, _ type: String) -> (space: String?, name: String)
  ) -> String {
    if let known = declared.first(where: { $0.sql == sql }) { return known.qualified }
    let (space, name) = name(schema, own)
    let type = Declared(name: name, space: space, sql: sql, labels: labels)
    declared.append(type)
    return type.qualified
  }
}

extension SwiftTypes.Declared {
  /// The declaration: an enum with its labels, or a name for a text.
  var member: SwiftSource.Member { labels.map(enumeration) ?? placeholder }

  private var placeholder: SwiftSource.Member {
    SwiftSource.Member(
      comment: "`\(SwiftNames.comment(sql))`, which has no Swift type: a value is its text form.",
      declaration: "struct \(name): SQLUnmapped",
      body: [
        .init(
          comment: "The type as SQL spells it.",
          declaration: "static let typeName = \(SwiftNames.literal(sql))"
        ),
        .init(comment: "The text form.", declaration: "let text: String"),
        .init(
          comment: "A value from its text form.",
          declaration: "init(_ text: String) { self.text = text }"
        ),
      ]
    )
  }

  private func enumeration(_ labels: [String]) -> SwiftSource.Member {
    var scope = NameScope(reserved: ["self", "init", "sqlType", "allCases"])
    let cases = labels.map { label in
      let name = SwiftNames.declared(scope.take(SwiftNames.member(label), suffix: "_"))
      return SwiftSource.Member(
        comment: "The label `\(SwiftNames.comment(label))`.",
        declaration: "case \(name) = \(SwiftNames.literal(label))",
        hasAccess: false,
        isApart: false
      )
    }
    let type = SwiftSource.Member(
      comment: "The type as SQL spells it.",
      declaration: "static let sqlType = SQLType(named: \(SwiftNames.literal(sql)))"
    )
    return SwiftSource.Member(
      comment: "The enum `\(SwiftNames.comment(sql))`.",
      declaration: "enum \(name): String, SQLEnum, CaseIterable",
      body: cases + [type]
    )
  }
}
