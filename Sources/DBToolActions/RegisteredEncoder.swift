public import PQClient
import PGCatalog
public import VectorSQL

/// A row of the registry: a named model that turns text into vectors.
public struct RegisteredEncoder: Sendable, Hashable {
  /// The name that commands use.
  public let name: String
  /// What runs the model.
  public let source: EncoderSource
  /// The number of elements in its vectors.
  public let dimension: Int
  /// The metric that its vectors are compared by.
  public let metric: DistanceMetric
  /// Put before a text that is searched for.
  public let queryPrefix: String
  /// Put before a text that is stored.
  public let passagePrefix: String
  /// Raised when the same text would get another vector.
  public let revision: Int

  /// What a command takes when nobody names an encoder.
  public static let usual = "minilm"

  /// Reads an encoder from the registry.
  ///
  /// - Parameters:
  ///   - name: Its name; nil for the usual one, or the only one that has a column.
  ///   - db: The connection.
  /// - Returns: The encoder.
  /// - Throws: ``ActionError`` where there is none of that name; `PostgresError` from the server.
  public static func find(
    _ name: String?,
    on db: inout PQConnection
  ) throws -> RegisteredEncoder {
    let all = try readAll(on: &db)
    guard let name else { return try findUsual(all, on: &db) }
    if let found = all.first(where: { $0.name == name }) { return found }
    guard !all.isEmpty else { throw ActionError.emptyRegistry(of: db.database) }
    throw ActionError(
      .notFound,
      "no encoder \"\(name)\" in the registry of database \"\(db.database)\"",
      advice: "the registry has: \(all.map(\.name).joined(separator: ", "))"
    )
  }

  private static func findUsual(
    _ all: [RegisteredEncoder],
    on db: inout PQConnection
  ) throws -> RegisteredEncoder {
    if let usual = all.first(where: { $0.name == usual }) { return usual }
    let used: [String] = try db.queryRegistry(
      "SELECT DISTINCT encoder FROM dbtool.embedding ORDER BY 1"
    )
    .map { try $0["encoder"] }
    guard !used.isEmpty else { throw ActionError.emptyRegistry(of: db.database) }
    guard used.count == 1, let only = all.first(where: { $0.name == used[0] }) else {
      throw ActionError(
        .usage,
        "which encoder? database \"\(db.database)\" has several",
        advice: "name one: --encoder \(used.joined(separator: "|"))"
      )
    }
    return only
  }

  /// Reads all encoders of the registry, by name.
  ///
  /// - Throws: ``ActionError`` where there is no registry; `PostgresError` from the server.
  public static func readAll(on db: inout PQConnection) throws -> [RegisteredEncoder] {
    let rows = try db.queryRegistry(
      """
      SELECT name, source, model, url, dimension, metric, query_prefix, passage_prefix, revision
      FROM dbtool.encoder
      ORDER BY name
      """
    )
    var encoders: [RegisteredEncoder] = []
    for row in rows {
      let kind: String = try row["source"]
      let metric: String = try row["metric"]
      encoders.append(
        RegisteredEncoder(
          name: try row["name"],
          source: EncoderSource(
            EncoderSource.Kind(rawValue: kind) ?? .file,
            model: try row["model"],
            url: try row["url"]
          ),
          dimension: try row["dimension"],
          metric: DistanceMetric(rawValue: metric) ?? .cosine,
          queryPrefix: try row["query_prefix"],
          passagePrefix: try row["passage_prefix"],
          revision: try row["revision"]
        )
      )
    }
    return encoders
  }
}

extension RegisteredEncoder {
  /// Checks that a column takes this encoder's vectors; one that is not there is found by its first use.
  ///
  /// - Throws: ``ActionError`` for a column of another dimension; `PostgresError` from the server.
  func checkColumn(of embedding: RegisteredEmbedding, on db: inout PQConnection) throws {
    let columns = try VectorColumn.read(tables: [embedding.vectors.sql], on: &db)
    guard let column = columns.first(where: { $0.name == embedding.vectorColumn }) else { return }
    guard column.dimension ?? dimension == dimension else {
      throw ActionError(
        .configuration,
        "\(embedding.vectors.sql).\(column.name) has \(column.dimension ?? 0) dimensions, "
          + "encoder \"\(name)\" has \(dimension)",
        advice: "change the column in a migration, or take the model that it was made for"
      )
    }
  }
}

extension PQConnection {
  /// Reads from the registry.
  ///
  /// - Throws: ``ActionError`` where the database has none; `PostgresError` from the server.
  mutating func queryRegistry(_ sql: SQLFragment) throws -> PQResult {
    do {
      return try query(sql)
    } catch {
      guard error.sqlState == .undefinedTable || error.sqlState == .schemaMissing else {
        throw error
      }
      throw ActionError(
        .configuration,
        "database \"\(database)\" has no registry of embeddings",
        advice: "run dbtool migrate first"
      )
    }
  }
}

extension ActionError {
  /// No encoder at all, or none with a column.
  static func emptyRegistry(of database: String) -> ActionError {
    ActionError(
      .configuration,
      "the registry of database \"\(database)\" is empty",
      advice:
        "migrations fill it: see dbtool migrate status; one that a baseline recorded was not run"
    )
  }
}
