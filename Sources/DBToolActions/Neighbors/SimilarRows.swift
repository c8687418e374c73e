import PGCatalog
public import PQClient
import VectorSQL

/// The rows of any table that are nearest to one of its rows.
public struct SimilarRows: Sendable {
  /// The row, by its key or its label; nil where the conditions say which.
  public let row: String?
  /// What else is asked.
  public let options: NeighborOptions
  /// Whose items are left out, if anybody's.
  public let seen: InteractionsChoice?

  /// What to look for.
  public init(
    _ row: String?,
    options: NeighborOptions,
    seen: InteractionsChoice? = nil
  ) {
    self.row = row
    self.options = options
    self.seen = seen
  }

  /// The search, ready to run.
  public struct Prepared: Sendable {
    /// The search.
    public let query: NeighborQuery
    /// What a person knows the row by.
    public let title: String
  }

  /// Finds the table and the row, and renders the statement; does not run it.
  ///
  /// - Throws: ``ActionError`` where there is no such table or row; `PostgresError` from the server.
  public func prepare(on db: inout PQConnection) throws -> Prepared {
    let target = try SearchTarget.find(options, on: &db)
    // Without a name the conditions find the row, and are not for its neighbours.
    let found = try RowLookup.find(
      row,
      where: row == nil ? options.conditions : [],
      in: target,
      on: &db
    )
    var options = options
    if row == nil { options.conditions = [] }
    let query = try NeighborQuery.prepare(
      target,
      near: .row(found.key, of: target.column),
      options,
      excluding: try seen?.seen(in: target, on: &db),
      on: &db
    )
    return Prepared(query: query, title: found.title)
  }

  /// Runs a statement that was prepared.
  ///
  /// - Throws: `PostgresError` from the server.
  public func run(
    _ prepared: Prepared,
    explaining: Bool = true,
    on db: inout PQConnection
  ) throws -> NeighborAnswer {
    try prepared.query.run(
      explaining: explaining,
      noProbe: { db throws in
        guard case .row(let key, let column) = prepared.query.search.probe else { return nil }
        let state = try db.query(
          """
          SELECT \(column.vector.sql) IS NULL AS is_null FROM \(column.table.identifier)
          WHERE \(column.key.sql) = \(SQLFragment(bind: key))
          """
        )
        guard let row = state.first, try !(row["is_null"] as Bool) else {
          return "\"\(prepared.title)\" has no vector of encoder \"\(column.encoder)\""
        }
        let isZero: Bool = try db.query(
          """
          SELECT \(column.vector.sql) <-> \(column.vector.sql) = 0
                 AND \(column.vector.sql) <#> \(column.vector.sql) = 0
          FROM \(column.table.identifier) WHERE \(column.key.sql) = \(SQLFragment(bind: key))
          """
        ).scalar()
        return isZero ? "the vector of \"\(prepared.title)\" is zero, and has no direction" : nil
      },
      on: &db
    )
  }
}
