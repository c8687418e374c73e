import PGCatalog
public import PQClient
import SQLMigrations
public import VectorSQL

/// A migration that gives tables a vector column each and registers the encoder that fills them.
public struct AddEncoder: Sendable {
  /// The encoder's name.
  public let name: String
  /// What runs its model.
  public let source: EncoderSource
  /// The number of elements in its vectors.
  public let dimension: Int
  /// The metric that they are compared by.
  public let metric: DistanceMetric
  /// Put before a text that is searched for.
  public let queryPrefix: String
  /// Put before a text that is stored.
  public let passagePrefix: String

  /// A table to fill.
  public struct Target: Sendable {
    /// The table.
    public let table: SQLIdentifier
    /// Its key's column.
    public let key: String
    /// The text of a row.
    public let template: String
  }

  /// An encoder.
  ///
  /// - Throws: ``ActionError`` for a name or a dimension that the registry would refuse.
  public init(
    _ name: String,
    from source: EncoderSource,
    dimension: Int,
    metric: DistanceMetric = .cosine,
    queryPrefix: String = "",
    passagePrefix: String = ""
  ) throws(ActionError) {
    try Self.check(name: name)
    guard (1...16_000).contains(dimension) else {
      throw ActionError(.usage, "\(dimension) dimensions: a vector has 1 to 16000")
    }
    self.name = name
    self.source = source
    self.dimension = dimension
    self.metric = metric
    self.queryPrefix = queryPrefix
    self.passagePrefix = passagePrefix
  }

  /// Checks that this is the encoder that the registry knows by the name, if it knows one.
  ///
  /// - Throws: ``ActionError`` where it is another.
  public func check(against known: RegisteredEncoder?) throws(ActionError) {
    guard let known else { return }
    let isSame =
      known.source == source && known.dimension == dimension && known.metric == metric
      && known.queryPrefix == queryPrefix && known.passagePrefix == passagePrefix
    guard !isSame else { return }
    throw ActionError(
      .configuration,
      "encoder \"\(name)\" is in the registry as \(known.source), \(known.dimension) dimensions, metric "
        + known.metric.rawValue,
      detail: "vectors of two models under one name would mean different things",
      advice:
        "leave --dimensions, --from, --url, --metric and the prefixes out, or take another name"
    )
  }

  /// The registry's encoder of a name, nil where it has none, or is none.
  ///
  /// - Throws: `PostgresError` from the server.
  public static func registered(
    _ name: String,
    on db: inout PQConnection
  ) throws -> RegisteredEncoder? {
    let isThere: Bool = try db.query("SELECT to_regclass('dbtool.encoder') IS NOT NULL").scalar()
    return isThere ? try RegisteredEncoder.readAll(on: &db).first { $0.name == name } : nil
  }

  /// Whether `migrate` will take the database unasked: one that has tables and no history it does not.
  ///
  /// - Throws: `PostgresError` from the server.
  public static func hasHistory(on db: inout PQConnection) throws -> Bool {
    try db.query("SELECT to_regclass('dbtool.schema_history') IS NOT NULL").scalar()
  }

  static func check(name: String) throws(ActionError) {
    let isPlain =
      name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
      && (97...122).contains(name.utf8.first ?? 0) && name.utf8.count <= 50
    guard isPlain else {
      throw ActionError(
        .usage,
        "\"\(name)\" cannot name an encoder",
        advice: "use a lower-case letter, then letters, digits and _, at most 50: all_minilm"
      )
    }
  }

  /// Finds a table, its key, and what the template asks of it; reads only.
  ///
  /// - Parameters:
  ///   - table: The name as the user gave it.
  ///   - key: The column that tells its rows apart; nil for the primary key.
  ///   - template: The text of a row.
  ///   - db: The connection.
  /// - Returns: What the migration needs.
  /// - Throws: ``ActionError`` where the table is not there, has no key or has the column already;
  ///   `PostgresError` from the server, for example where the template names no column of the table.
  public func target(
    _ table: String,
    key: String?,
    template: String,
    on db: inout PQConnection
  ) throws -> Target {
    let found = try NamedTable.find(table, on: &db)
    let key = try NamedTable.key(of: found, named: key)
    let taken = try VectorColumn.read(tables: [found.identifier.sql], on: &db)
    guard !taken.contains(where: { $0.name == column }) else {
      throw ActionError(
        .usage,
        "\(found.identifier.sql) has a column \(column) already",
        advice: "register it: dbtool encoder adopt \(found.identifier.sql).\(column) --as \(name) …"
      )
    }
    try TextTemplate.check(template, of: found.identifier, key: key, on: &db)
    return Target(table: found.identifier, key: key, template: template)
  }

  /// The column that the migration adds.
  public var column: String { "embedding_" + name }

  /// The migration's text.
  ///
  /// - Parameters:
  ///   - targets: The tables.
  ///   - searchPath: Where pgvector's type is found, where that is not every session's own path.
  /// - Returns: The text.
  public func migration(for targets: [Target], searchPath: String? = nil) -> String {
    let path = searchPath.map { "SET LOCAL search_path = \($0);\n\n" } ?? ""
    let columns = targets.map { target in
      """
      ALTER TABLE \(target.table.sql)
        ADD COLUMN \(column) vector(\(dimension)) CHECK (vector_norm(\(column)) > 0);
      """
    }
    let embeddings = targets.map { target in
      "  (\(schema(target)), \(quoted(target.table.parts.last ?? "")), \(quoted(target.key)), "
        + "\(quoted(column)), \(quoted(name)),\n   \(quoted(target.template)))"
    }
    let drops = targets.map { "ALTER TABLE \($0.table.sql) DROP COLUMN \(column);" }
    return """
      -- migrate:up

      -- The encoder \(name): \(source), \(dimension) dimensions. dbtool embed --encoder \(name) fills its columns.

      CREATE EXTENSION IF NOT EXISTS vector;

      \(path)\(columns.joined(separator: "\n"))

      INSERT INTO dbtool.encoder
        (name, source, model, url, dimension, metric, query_prefix, passage_prefix)
      VALUES
        (\(quoted(name)), \(quoted(source.kind.rawValue)), \(quoted(source.model)), \
      \(source.url.map(quoted) ?? "NULL"), \(dimension), \(quoted(metric.rawValue)),
         \(quoted(queryPrefix)), \(quoted(passagePrefix)))
      ON CONFLICT (name) DO NOTHING;

      INSERT INTO dbtool.embedding
        (table_schema, table_name, key_column, vector_column, encoder, template)
      VALUES
      \(embeddings.joined(separator: ",\n"));

      -- migrate:down

      DELETE FROM dbtool.embedding
      WHERE encoder = \(quoted(name)) AND vector_column = \(quoted(column));

      DELETE FROM dbtool.encoder
      WHERE name = \(quoted(name)) AND name NOT IN (SELECT encoder FROM dbtool.embedding);

      \(drops.joined(separator: "\n"))

      """
  }

  private func schema(_ target: Target) -> String { quoted(target.table.parts.first ?? "public") }
  private func quoted(_ text: String) -> String { SQLLiteral.quoted(text) }
}
