import PGCatalog
import VectorSQL

/// The declaration of a table: an enum with a static member for each column.
struct TableSource {
  private let table: TableDescription
  private let embeddings: [String: EmbeddingCandidate]

  /// A table with those of its vector columns that can be searched.
  init(_ table: TableDescription, embeddings: [EmbeddingCandidate]) {
    self.table = table
    self.embeddings = Dictionary(embeddings.map { ($0.column.name, $0) }) { first, _ in first }
  }

  /// The declaration.
  ///
  /// - Parameters:
  ///   - types: Declares the types of its columns.
  ///   - names: Gives out names.
  /// - Returns: The enum.
  func member(_ types: inout SwiftTypes, _ names: inout GeneratedNames) -> SwiftSource.Member {
    var scope = NameScope(reserved: ["self", "init", "table"])
    var members = [
      SwiftSource.Member(comment: "The table.", declaration: "static let table = \(constructor)")
    ]
    var tags: [SwiftSource.Member] = []
    for column in table.columns {
      let name = scope.take(SwiftNames.member(column.name), suffix: "_")
      let head = "static let \(SwiftNames.declared(name)) = "
      guard let embedding = embeddings[column.name], let key = key(of: embedding) else {
        let type = types.type(of: column) { schema, type in names.type(type, schema: schema) }
        members.append(
          SwiftSource.Member(
            comment: comment(column),
            declaration: "\(head)TypedColumn<\(type)>(table, \(SwiftNames.literal(column.name)))"
          )
        )
        continue
      }
      let label: String
      if let encoder = embedding.encoder {
        label = names.encoder(encoder)
      } else {
        label = scope.take(SwiftNames.type(name + " encoder"))
        tags.append(
          GeneratedNames.label(
            label,
            of: embedding.label,
            dimension: embedding.column.dimension,
            comment:
              "What `\(SwiftNames.comment(column.name))` means: nobody registered its encoder, so its "
              + "vectors only meet each other."
          )
        )
      }
      members.append(
        SwiftSource.Member(
          comment: comment(column) + (embedding.encoder.map { " By encoder `\($0)`." } ?? ""),
          declaration: head + self.embedding(embedding, label, key: key)
        )
      )
    }
    return SwiftSource.Member(
      comment: "The \(kind) `\(SwiftNames.comment(table.generatedIdentifier.sql))`.",
      declaration: "enum \(names.table(table).name): TableSchema",
      body: members + tags
    )
  }

  private var constructor: String {
    Self.constructor(table.name, schema: table.schema)
  }

  private static func constructor(_ name: String, schema: String) -> String {
    let place = schema == "public" ? "" : ", schema: \(SwiftNames.literal(schema))"
    return "Table(\(SwiftNames.literal(name))\(place))"
  }

  private var kind: String {
    switch table.kind {
    case .table: "table"
    case .partitioned: "partitioned table"
    case .view: "view"
    case .materializedView: "materialized view"
    case .foreign: "foreign table"
    }
  }

  private func comment(_ column: ColumnDescription) -> String {
    let key = table.key.contains(column.name) ? ", the primary key" : ""
    let shown = "\(SQLIdentifier(column.name).sql) \(column.fullType)"
    let part = table.key.count > 1 && !key.isEmpty ? ", of the primary key" : key
    return "`\(SwiftNames.comment(shown))`\(part)."
  }

  /// The column that tells the rows of the vectors' table apart; without one there is no search.
  private func key(of embedding: EmbeddingCandidate) -> String? {
    if embedding.vectors != embedding.rows { return embedding.vectorKey ?? embedding.key }
    return embedding.key ?? (table.key.count == 1 ? table.key[0] : nil)
  }

  private func embedding(_ embedding: EmbeddingCandidate, _ label: String, key: String) -> String {
    let column = embedding.column
    var arguments = [
      "table: table", "key: \(SwiftNames.literal(key))",
      "column: \(SwiftNames.literal(column.name))",
      "dimension: \(column.dimension.map(String.init) ?? "nil")",
    ]
    if column.storage != .vector { arguments.append("storage: .\(column.storage.rawValue)") }
    if embedding.vectors != embedding.rows, let row = embedding.key {
      let parts = embedding.rows.parts
      let rows = Self.constructor(parts[parts.count - 1], schema: parts[0])
      arguments.append("of: \(rows).column(\(SwiftNames.literal(row)))")
    }
    let list = arguments.map { "  " + $0 }.joined(separator: ",\n")
    return "Embedding<\(label)>(\n\(list)\n)"
  }
}

extension TableDescription {
  /// The name as generated code writes it: bare in `public`, whatever the search path of the session is.
  fileprivate var generatedIdentifier: SQLIdentifier {
    SQLIdentifier(schema: schema == "public" ? nil : schema, name)
  }
}
