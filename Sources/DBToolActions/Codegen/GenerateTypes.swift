import PGCatalog
public import PQClient
import VectorSQL

/// Swift types from the catalogue of any database, for the typed builder.
public struct GenerateTypes: Sendable {
  /// The access level of the generated declarations.
  public enum Access: String, Sendable, CaseIterable {
    /// Inside of the module.
    case `internal`
    /// Inside of the package.
    case package
    /// Everywhere.
    case `public`
  }

  /// A file to be.
  public struct File: Sendable, Hashable {
    /// Its name, without a folder.
    public let name: String
    /// Its whole text.
    public let text: String
  }

  /// The schemas.
  public let schemas: [String]
  /// The tables, besides those of the schemas.
  public let tables: [String]
  /// The access level.
  public let access: Access

  /// What to generate: schemas, tables, or everything where neither is named.
  public init(schemas: [String] = [], tables: [String] = [], access: Access = .internal) {
    self.schemas = schemas
    self.tables = tables
    self.access = access
  }

  /// Reads the catalogue and writes the sources, in memory.
  ///
  /// - Returns: A file for each table, one for the encoders, and one for the types of columns, where there are
  ///   any; by their names.
  /// - Throws: ``ActionError`` where nothing is there to be generated; `PostgresError` from the server.
  public func files(on db: inout PQConnection) throws -> [File] {
    let found = try wanted(on: &db)
    let candidates = try EmbeddingCandidate.findAll(on: &db)
    let isRegistered = candidates.contains { $0.encoder != nil }
    let encoders = try isRegistered ? RegisteredEncoder.readAll(on: &db) : []
    var names = GeneratedNames(found)
    var types = SwiftTypes(enums: try EnumType.readAll(on: &db))
    var files: [File] = []
    for table in found {
      let embeddings = candidates.filter { $0.vectors == table.identifier }
      let source = TableSource(table, embeddings: embeddings)
      let member = source.member(&types, &names)
      let (space, name) = names.table(table)
      files.append(file((space.map { $0 + "." } ?? "") + name, inside(space, [member])))
    }
    if !names.encoders.isEmpty { files.append(file("Encoders", labels(names, encoders))) }
    let declarations = Self.declarations(types.declared, names)
    if !declarations.isEmpty {
      files.append(file("Types", declarations, imports: !types.declared.isEmpty))
    }
    return files.sorted { $0.name < $1.name }
  }

  private func wanted(on db: inout PQConnection) throws -> [TableDescription] {
    var found = try tables.isEmpty ? [] : NamedTable.find(tables, on: &db)
    if tables.isEmpty || !schemas.isEmpty {
      let all = try TableDescription.readAll(schemas: schemas.isEmpty ? nil : schemas, on: &db)
      if let empty = schemas.first(where: { schema in !all.contains { $0.schema == schema } }) {
        throw ActionError(
          .notFound,
          "no table in schema \"\(empty)\" of database \"\(db.database)\""
        )
      }
      found += all.filter { !found.contains($0) }
    }
    guard !found.isEmpty else {
      throw ActionError(
        .configuration,
        "database \"\(db.database)\" has no tables",
        advice: "apply the migrations that make them first: dbtool migrate"
      )
    }
    return Array(Set(found)).sorted { ($0.schema, $0.name) < ($1.schema, $1.name) }
  }

  private func file(_ name: String, _ members: [SwiftSource.Member], imports: Bool = true) -> File {
    File(name: name + ".swift", text: SwiftSource.text(access, members, imports: imports))
  }

  private func inside(_ space: String?, _ members: [SwiftSource.Member]) -> [SwiftSource.Member] {
    guard let space else { return members }
    return [SwiftSource.Member(declaration: "extension \(space)", body: members, hasAccess: false)]
  }

  private func labels(
    _ names: GeneratedNames,
    _ encoders: [RegisteredEncoder]
  ) -> [SwiftSource.Member] {
    names.encoders.sorted { $0.name < $1.name }.map { encoder, name in
      let dimension = encoders.first { $0.name == encoder }?.dimension
      return GeneratedNames.label(
        name,
        of: encoder,
        dimension: dimension,
        comment: "The encoder `\(SwiftNames.comment(encoder))`: \(dimension ?? 0) dimensions."
      )
    }
  }

  /// The enums that stand for schemas, and the types of columns.
  private static func declarations(
    _ types: [SwiftTypes.Declared],
    _ names: GeneratedNames
  ) -> [SwiftSource.Member] {
    let schemas = names.schemas.map { schema, name in
      SwiftSource.Member(
        comment: "The schema `\(SwiftNames.comment(SQLIdentifier(schema).sql))`.",
        declaration: "enum \(name)",
        body: types.filter { $0.space == name }.sorted { $0.name < $1.name }.map(\.member)
      )
    }
    let plain = types.filter { $0.space == nil }.sorted { $0.name < $1.name }.map(\.member)
    return schemas + plain
  }
}
