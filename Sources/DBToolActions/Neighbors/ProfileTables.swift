import PGCatalog
import PQClient

/// The tables between which a recommendation is made.
struct ProfileTables {
  /// The rows that are recommended.
  let searched: SearchTarget
  /// The items that a profile is made of.
  let items: SearchTarget
  /// Who used which of them.
  let relation: InteractionsChoice.Found

  /// Whether the items are the rows themselves.
  let isOneTable: Bool

  /// Finds all of them, with vectors of one encoder.
  ///
  /// - Parameters:
  ///   - options: The table that is searched, and the encoder.
  ///   - items: The table of the items, nil for the same one.
  ///   - choice: The relation with its subject.
  ///   - db: The connection.
  /// - Returns: The tables.
  /// - Throws: ``ActionError`` where something is not there; `PostgresError` from the server.
  static func find(
    _ options: NeighborOptions,
    items: String?,
    _ choice: InteractionsChoice,
    on db: inout PQConnection
  ) throws -> ProfileTables {
    let isOneTable = items == nil || items == options.table
    let (targets, others) = try SearchTarget.find(
      isOneTable ? [options.table] : [options.table, items],
      keys: isOneTable ? [options.key] : [options.key, nil],
      options,
      with: [choice.table],
      on: &db
    )
    let items = targets[targets.count - 1]
    try choice.checkItems(others[0], are: items.key, of: items.rows)
    return ProfileTables(
      searched: targets[0],
      items: items,
      relation: try choice.check(others[0]),
      isOneTable: isOneTable
    )
  }
}
