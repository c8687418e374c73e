import PGCatalog
import VectorSQL

/// The Swift names of tables, types and encoders: each once, whatever the database calls them.
struct GeneratedNames {
  /// The Swift name in the place of a schema; nil for what stands at the top.
  typealias Name = (space: String?, name: String)

  /// The names at the top.
  // Two files have these names.
  private var top = NameScope(reserved: SwiftTypes.reserved.union(["Encoders", "Types"]))
  private var scopes: [String: NameScope] = [:]
  private var spaces: [String: String] = [:]
  private var tables: [SQLIdentifier: Name] = [:]
  /// The encoders' names, in the order of their first use.
  private(set) var encoders: [(encoder: String, name: String)] = []

  /// Names tables: those of `public` at the top, others inside of an enum for their schema.
  init(_ tables: [TableDescription]) {
    // The tables of `public` come first: their names are the plainest.
    for table in tables where Self.isTop(table.schema) {
      self.tables[table.identifier] = (nil, top.take(SwiftNames.type(table.name), suffix: "Table"))
    }
    for table in tables where !Self.isTop(table.schema) {
      let name = named(SwiftNames.type(table.name), in: table.schema, suffix: "Table")
      self.tables[table.identifier] = name
    }
  }

  private static func isTop(_ schema: String) -> Bool { ["public", "pg_catalog"].contains(schema) }

  private mutating func named(_ name: String, in schema: String, suffix: String) -> Name {
    guard !Self.isTop(schema) else { return (nil, top.take(name, suffix: suffix)) }
    let space = spaces[schema] ?? top.take(SwiftNames.type(schema), suffix: "Schema")
    spaces[schema] = space
    // Inside, the names at the top would be hidden.
    var scope = scopes[schema] ?? NameScope(reserved: SwiftTypes.reserved)
    defer { scopes[schema] = scope }
    return (space, scope.take(name, suffix: suffix))
  }

  /// The name of a table.
  func table(_ table: TableDescription) -> Name { tables[table.identifier] ?? (nil, table.name) }

  /// The enums that stand for schemas, by their Swift names.
  var schemas: [(schema: String, name: String)] {
    spaces.map { (schema: $0.key, name: $0.value) }.sorted { $0.name < $1.name }
  }

  /// Names a type of the database.
  mutating func type(_ type: String, schema: String) -> Name {
    named(SwiftNames.type(type), in: schema, suffix: "Type")
  }

  /// Names a registered encoder.
  mutating func encoder(_ encoder: String) -> String {
    if let known = encoders.first(where: { $0.encoder == encoder }) { return known.name }
    let name = top.take(SwiftNames.type(encoder), suffix: "Encoder")
    encoders.append((encoder, name))
    return name
  }

  /// The declaration of what vectors mean.
  static func label(
    _ name: String,
    of encoder: String,
    dimension: Int?,
    comment: String
  ) -> SwiftSource.Member {
    let size = dimension ?? .max
    let least = size <= 2000 ? "UpTo2000" : size <= 4000 ? "UpTo4000" : "UpTo16000"
    return SwiftSource.Member(
      comment: comment,
      declaration: "enum \(name): EncoderLabel",
      body: [
        .init(
          comment: "How many dimensions its vectors have at most.",
          declaration: "typealias Size = \(least)"
        ),
        .init(
          comment: "The name that the vectors are labelled with.",
          declaration: "static let name = \(SwiftNames.literal(encoder))"
        ),
      ]
    )
  }
}
