import PGCatalog
public import PQClient
import SQLMigrations
import VectorSQL

/// Registers a vector column that exists already, and touches nothing else.
public struct AdoptEmbedding: Sendable {
  /// The column, as TABLE.COLUMN.
  public let column: String
  /// The encoder's name.
  public let encoder: String
  /// What runs its model; may be nil for an encoder that the registry has.
  public let source: EncoderSource?
  /// The text of a row.
  public let template: String
  /// The embedded table, where the column's table only holds vectors.
  public let parent: String?
  /// The column that tells the embedded rows apart, nil for the primary key.
  public let key: String?

  /// What to register.
  ///
  /// - Throws: ``ActionError`` for a name that the registry would refuse.
  public init(
    _ column: String,
    as encoder: String,
    from source: EncoderSource?,
    template: String,
    of parent: String? = nil,
    key: String? = nil
  ) throws(ActionError) {
    try AddEncoder.check(name: encoder)
    self.column = column
    self.encoder = encoder
    self.source = source
    self.template = template
    self.parent = parent
    self.key = key
  }

  /// What was registered.
  public struct Outcome: Sendable {
    /// The column, as a statement names it.
    public let column: String
    /// The number of elements in its vectors.
    public let dimension: Int
    /// Rows that have a vector.
    public let vectors: Int
    /// Vectors whose length differs from 1 by more than a thousandth.
    public let nonUnit: Int
  }

  /// Registers the column, all or nothing.
  ///
  /// - Parameter db: A connection outside a transaction.
  /// - Returns: What was registered.
  /// - Throws: ``ActionError`` where the column is none of vectors, is registered already, or its vectors
  ///   cannot be this encoder's; `PostgresError` from the server.
  public func run(on db: inout PQConnection) throws -> Outcome {
    try VectorExtension.require(on: &db)
    try VectorExtension.makeVisible(on: &db)
    try InternalSchema.install([.registry], on: &db)
    guard let dot = column.lastIndex(of: ".") else {
      throw ActionError(
        .usage,
        "\"\(column)\" names no column",
        advice: "name it as [SCHEMA.]TABLE.COLUMN"
      )
    }
    let holder = try NamedTable.find(String(column[..<dot]), on: &db)
    let name = try columnName(String(column[column.index(after: dot)...]), of: holder, on: &db)
    let vectors = try count(name, of: holder, on: &db)
    return try db.transaction { db in
      try registerEncoder(vectors.dimension, on: &db)
      try registerEmbedding(name, in: holder, on: &db)
      return Outcome(
        column: holder.identifier.appending(name).sql,
        dimension: vectors.dimension,
        vectors: vectors.rows,
        nonUnit: vectors.nonUnit
      )
    }
  }

  private func columnName(
    _ name: String,
    of holder: TableDescription,
    on db: inout PQConnection
  ) throws -> String {
    let columns = try VectorColumn.read(tables: [holder.identifier.sql], on: &db).map(\.name)
    if let found = columns.first(where: { name == $0 || name == SQLIdentifier.quoted($0) }) {
      return found
    }
    throw ActionError(
      .notFound,
      "\(holder.identifier.sql) has no vector column \"\(name)\"",
      advice: columns.isEmpty
        ? "it has none of type vector or halfvec" : "it has: \(columns.joined(separator: ", "))"
    )
  }

  /// How many vectors there are and of how many elements, which must be one number.
  private func count(
    _ column: String,
    of holder: TableDescription,
    on db: inout PQConnection
  ) throws -> (rows: Int, nonUnit: Int, dimension: Int) {
    let declared = try VectorColumn.read(tables: [holder.identifier.sql], on: &db)
      .first { $0.name == column }?.dimension
    let found = try db.query(
      """
      SELECT count(\(ident: column)) AS rows,
             count(*) FILTER (WHERE abs(vector_norm(\(ident: column)::vector) - 1) > 0.001) AS non_unit,
             min(vector_dims(\(ident: column))) AS least, max(vector_dims(\(ident: column))) AS most
      FROM \(holder.identifier)
      """
    )[0]
    let least: Int? = try found["least"]
    let most: Int? = try found["most"]
    guard least == most else {
      throw ActionError(
        .badData,
        "\(holder.identifier.sql).\(column) has vectors of \(least ?? 0) to \(most ?? 0) dimensions",
        advice: "one encoder makes vectors of one length: keep each in a column of its own"
      )
    }
    guard let dimension = declared ?? least else {
      throw ActionError(
        .badData,
        "\(holder.identifier.sql).\(column) declares no dimension and has no vector to tell it",
        advice: "declare it: ALTER TABLE … ALTER COLUMN … TYPE vector(N)"
      )
    }
    return (try found["rows"], try found["non_unit"], dimension)
  }

  private func registerEncoder(_ dimension: Int, on db: inout PQConnection) throws {
    let known = try RegisteredEncoder.readAll(on: &db).first { $0.name == encoder }
    if let known {
      guard known.dimension == dimension else {
        throw ActionError(
          .configuration,
          "encoder \"\(encoder)\" has \(known.dimension) dimensions, \(column) has \(dimension)",
          advice: "adopt it under a name of its own: --as"
        )
      }
      guard source == nil || source == known.source else {
        throw ActionError(
          .configuration,
          "encoder \"\(encoder)\" is \(known.source) in the registry"
            + (known.source.shownURL.map { ", at \($0)" } ?? ""),
          advice: "leave --from and --url out, or adopt the column under a name of its own: --as"
        )
      }
      return
    }
    guard let source else {
      throw ActionError(
        .usage,
        "the registry does not know encoder \"\(encoder)\"",
        advice: "say what makes its vectors: --from ollama:MODEL, openai:MODEL or bert:FOLDER"
      )
    }
    try db.execute(
      """
      INSERT INTO dbtool.encoder (name, source, model, url, dimension)
      VALUES (\(encoder), \(source.kind.rawValue), \(source.model), \(source.url), \(dimension))
      """
    )
  }

  private func registerEmbedding(
    _ column: String,
    in holder: TableDescription,
    on db: inout PQConnection
  ) throws {
    let embedded = try parent.map { try NamedTable.find($0, on: &db) } ?? holder
    let key = try NamedTable.key(of: embedded, named: key)
    let side = try parent == nil ? nil : sideKey(of: holder, for: embedded, on: &db)
    try TextTemplate.check(template, of: embedded.identifier, key: key, on: &db)
    let inserted = try db.query(
      """
      INSERT INTO dbtool.embedding
        (table_schema, table_name, key_column, vector_schema, vector_table, vector_key,
         vector_column, encoder, template)
      VALUES
        (\(embedded.schema), \(embedded.name), \(key), \(side == nil ? nil : holder.schema),
         \(side == nil ? nil : holder.name), \(side), \(column), \(encoder), \(template))
      ON CONFLICT DO NOTHING
      RETURNING embedding_id
      """
    )
    guard let id: Int = try inserted.first?["embedding_id"] else {
      throw ActionError(
        .configuration,
        "\(holder.identifier.sql).\(column) is in the registry already",
        advice: "see dbtool encoder list; dbtool encoder remove takes it out"
      )
    }
    let embedding = try RegisteredEmbedding.readAll(on: &db).first { $0.id == id }
    try embedding?.checkStructure(on: &db)
    try recordTexts(id, on: &db)
  }

  /// The vectors that are there are of the texts of this moment: what is edited later is stale.
  private func recordTexts(_ id: Int, on db: inout PQConnection) throws {
    let rows: String = try db.query("SELECT dbtool.embedding_rows(\(id))").scalar()
    try db.execute(
      """
      INSERT INTO dbtool.embedding_state (embedding_id, row_key, text_hash, revision)
      SELECT \(id), item.key::text, dbtool.text_hash(item.content), encoder.revision
      FROM (\(unsafeRaw: rows)) AS item
      JOIN dbtool.encoder ON encoder.name = \(encoder)
      WHERE NOT item.missing AND item.content IS NOT NULL
      """
    )
  }

  /// The side table's column that holds the key of the embedded row: a foreign key, else its own key.
  private func sideKey(
    of holder: TableDescription,
    for embedded: TableDescription,
    on db: inout PQConnection
  ) throws -> String {
    if let column = try holder.column(referringTo: embedded, on: &db) { return column }
    guard let only = holder.key.first, holder.key.count == 1 else {
      throw ActionError(
        .usage,
        "\(holder.identifier.sql) does not say which row of \(embedded.identifier.sql) a vector is of",
        advice: "give it a foreign key, or a primary key of one column"
      )
    }
    return only
  }
}
