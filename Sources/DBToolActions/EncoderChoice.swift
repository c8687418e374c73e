import PGCatalog
public import PQClient
public import VectorSQL

/// Which encoder a command takes, and how many rows each has vectors for.
public struct EncoderChoice: Sendable {
  /// A table whose vectors a command needs, with the columns that encoders fill by name.
  public struct NeededTable: Sendable {
    /// The table's name, found by the search path.
    public let name: String
    /// The primary key's column.
    public let key: String
    /// The vector column of an encoder.
    public let column: @Sendable (_ encoder: String) -> String

    /// A table with a naming rule for its vector columns.
    public init(
      name: String,
      key: String,
      column: @escaping @Sendable (_ encoder: String) -> String
    ) {
      self.name = name
      self.key = key
      self.column = column
    }
  }

  /// The encoder.
  public let encoder: String
  /// Its column in each needed table, in their order.
  public let columns: [EmbeddingColumn]
  /// The share of each table's rows that has a vector, 0 to 1.
  public let coverage: [Double]

  /// What counts as filled when nobody named an encoder.
  public static let sufficientCoverage = 0.9

  /// Takes the encoder asked for, or the first of a list that covers enough of every table.
  ///
  /// - Parameters:
  ///   - asked: The encoder that the user named, if any.
  ///   - preferred: The encoders to try otherwise, the best first.
  ///   - tables: The tables whose vectors are needed.
  ///   - db: The connection.
  /// - Returns: The encoder with its columns and coverage.
  /// - Throws: ``ActionError`` where there is none; `PostgresError` from the server.
  public static func choose(
    _ asked: String?,
    preferred: [String],
    tables: [NeededTable],
    on db: inout PQConnection
  ) throws -> EncoderChoice {
    let found = try VectorColumn.read(tables: tables.map { SQLIdentifier($0.name).sql }, on: &db)
    let candidates = (asked.map { [$0] } ?? preferred).compactMap { encoder in
      columns(of: encoder, in: tables, found: found).map { (encoder, $0) }
    }
    if candidates.isEmpty { try requireTables(tables, on: &db) }
    try VectorExtension.require(on: &db)
    if candidates.isEmpty, let asked { throw missing(asked, tables: tables, found: found) }
    let coverage = try coverage(of: candidates.map(\.1), tables: tables, on: &db)
    for ((encoder, columns), shares) in zip(candidates, coverage) {
      let enough = shares.allSatisfy { $0 >= sufficientCoverage }
      let some = shares.allSatisfy { $0 > 0 }
      guard asked == nil ? enough : some else { continue }
      return EncoderChoice(encoder: encoder, columns: columns, coverage: shares)
    }
    throw notFilled(asked, preferred: preferred, tables: tables)
  }

  private static func columns(
    of encoder: String,
    in tables: [NeededTable],
    found: [VectorColumn]
  ) -> [EmbeddingColumn]? {
    let columns = tables.compactMap { table -> EmbeddingColumn? in
      guard
        let column = found.first(where: {
          $0.table == table.name && $0.name == table.column(encoder)
        }), let dimension = column.dimension
      else { return nil }
      return EmbeddingColumn(
        table: Table(table.name),
        key: table.key,
        column: column.name,
        encoder: encoder,
        dimension: dimension
      )
    }
    return columns.count == tables.count ? columns : nil
  }

  /// Counts all candidates of all tables in one round trip; a vector's mere presence needs no detoasting.
  private static func coverage(
    of candidates: [[EmbeddingColumn]],
    tables: [NeededTable],
    on db: inout PQConnection
  ) throws -> [[Double]] {
    guard !candidates.isEmpty else { return [] }
    let counts = try db.pipeline(
      tables.indices.map { table in
        let filled = candidates.map { "count(\($0[table].vector.sql))::float8" as SQLFragment }
        return SQLStatement(
          """
          SELECT count(*)::float8, \(filled.joined(separator: ", "))
          FROM \(ident: tables[table].name)
          """
        )
      }
    )
    var shares = candidates.map { _ in [Double]() }
    for (table, count) in zip(tables, counts) {
      guard let row = count.first else { continue }
      let rows: Double = try row[0]
      guard rows > 0 else {
        throw ActionError(
          .configuration,
          "table \"\(table.name)\" is empty",
          advice: "load its rows first: dbtool import or dbtool seed, then dbtool embed"
        )
      }
      for candidate in candidates.indices {
        let filled: Double = try row[candidate + 1]
        shares[candidate].append(filled / rows)
      }
    }
    return shares
  }

  private static func requireTables(
    _ tables: [NeededTable],
    on db: inout PQConnection
  ) throws {
    let absent = try db.query(
      """
      SELECT name FROM unnest(\(tables.map(\.name))) AS wanted (name)
      WHERE to_regclass(quote_ident(name)) IS NULL
      """
    )
    guard let table: String = try absent.first?["name"] else { return }
    throw ActionError(
      .configuration,
      "table \"\(table)\" does not exist in database \"\(db.database)\"",
      advice: "run dbtool migrate, and check with dbtool config that this is the right database"
    )
  }

  private static func missing(
    _ encoder: String,
    tables: [NeededTable],
    found: [VectorColumn]
  ) -> ActionError {
    let bare = tables.filter { table in
      !found.contains { $0.table == table.name && $0.name == table.column(encoder) }
    }
    if let first = bare.first, bare.count < tables.count {
      return ActionError(
        .configuration,
        "encoder \"\(encoder)\" has no column in table \"\(first.name)\"",
        advice: "run dbtool migrate, or take an encoder that has a column in every table"
      )
    }
    let encoders = Set(
      tables.flatMap { table in
        let prefix = table.column("")
        return found.filter { $0.table == table.name && $0.name.hasPrefix(prefix) }
          .map { String($0.name.dropFirst(prefix.count)) }
      }
    )
    return ActionError(
      .notFound,
      "no encoder \"\(encoder)\"",
      advice: "the encoders with a column here are: \(encoders.sorted().joined(separator: ", "))"
    )
  }

  private static func notFilled(
    _ asked: String?,
    preferred: [String],
    tables: [NeededTable]
  ) -> ActionError {
    let names = tables.map(\.name).joined(separator: " and ")
    if let asked {
      return ActionError(
        .configuration,
        "encoder \"\(asked)\" has no vectors yet in \(names)",
        advice: "fill its columns: dbtool embed --encoder \(asked)"
      )
    }
    return ActionError(
      .configuration,
      "no encoder of \(preferred.joined(separator: ", ")) covers 90 % of \(names)",
      advice: "fill the columns of one: "
        + preferred.map { "dbtool embed --encoder \($0)" }.joined(separator: ", or ")
    )
  }
}
