import PGCatalog
import PQClient
import VectorSQL

/// A copy of the table that holds vectors, without the rows that are probes, in a transaction that is rolled back.
///
/// A row that is in an index finds itself at once, and its neighbours next to it: only one that the index has never
/// seen tells what a search for something new finds. Nobody else sees the copy, the indexes of the table itself stay
/// as they are, and whenever it is stopped nothing is left.
struct TableCopy: Sendable {
  /// The copy.
  let identifier: SQLIdentifier
  /// The vectors in it, as the catalogue describes those of the table itself.
  let column: VectorColumn
  /// The statements that build the approximate indexes that the vectors have, on the copy.
  let definitions: [String]

  /// Copies everything but the approximate indexes: a btree on a filter's column serves there, too.
  ///
  /// - Parameters:
  ///   - target: What is searched.
  ///   - keys: The rows that are left out.
  ///   - number: Tells the copies of a transaction apart.
  ///   - db: A connection within a transaction.
  /// - Returns: The copy, with its statistics.
  /// - Throws: ``ActionError`` where the role may not make it; `PostgresError` from the server.
  static func make(
    of target: SearchTarget,
    without keys: [HeldOutProbes.Key],
    number: Int = 1,
    on db: inout PQConnection
  ) throws -> TableCopy {
    let column = try column(of: target, on: &db)
    let copy = SQLIdentifier(schema: column.schema, "dbtool_copy_\(number)_\(db.backendPID)")
    do {
      try db.execute(
        """
        CREATE UNLOGGED TABLE \(copy) (
          LIKE \(column.holder) INCLUDING STORAGE INCLUDING COMPRESSION INCLUDING INDEXES
        )
        """
      )
    } catch {
      guard error.sqlState == .insufficientPrivilege else { throw error }
      throw ActionError(
        .rights,
        error.message,
        detail:
          "rows that no index has seen are searched for in a copy of \(column.holder.shown), which is made beside it "
          + "and rolled back",
        advice: "GRANT CREATE ON SCHEMA \(SQLIdentifier(column.schema).sql) TO you"
      )
    }
    let indexes = try TableIndex.approximate(on: copy, on: &db)
    for index in indexes { try db.execute("DROP INDEX \(index.identifier)") }
    let key = SQLIdentifier(target.column.key.name)
    try db.execute(
      """
      INSERT INTO \(copy)
      SELECT * FROM \(column.holder)
      WHERE \(key) IS NULL OR \(key)::text <> ALL (\(keys.map(\.text)))
      """
    )
    try db.execute("ANALYZE \(copy)")
    return TableCopy(
      identifier: copy,
      column: column,
      definitions: indexes.filter { $0.column == column.name }.map(\.definition)
    )
  }

  private static func column(
    of target: SearchTarget,
    on db: inout PQConnection
  ) throws -> VectorColumn {
    let columns = try VectorColumn.read(tables: [target.column.table.identifier.sql], on: &db)
    guard let column = columns.first(where: { $0.name == target.column.vector.name }) else {
      throw ActionError(.notFound, "there is no \(target.column.vector.sqlName) any more")
    }
    return column
  }

  /// Builds an index, in as much memory as `dbtool index use` takes for it.
  ///
  /// - Parameters:
  ///   - definition: The statement.
  ///   - variant: What it builds.
  ///   - vectors: How many vectors there are.
  ///   - events: Told where there is too little memory.
  ///   - db: The connection.
  /// - Throws: `PostgresError` from the server.
  func build(
    _ definition: String,
    _ variant: IndexVariant,
    vectors: Int,
    events: (RecallEvent) -> Void,
    on db: inout PQConnection
  ) throws {
    let needed = IndexFootprint(
      variant,
      rows: vectors,
      dimension: column.dimension ?? 0,
      storage: column.storage,
      lists: IndexFootprint.lists(forRows: vectors)
    ).memory
    let enough = needed + needed / 10
    let present = try ServerState.read(on: &db).maintenanceMemory
    if enough > present {
      if enough > IndexBuilder.mostMemory {
        events(
          .note(
            "an index on the copy needs about \(Figures.size(needed)) to be built, more than maintenance_work_mem "
              + "(\(Figures.size(present))): it will take several times longer; PGOPTIONS='-c maintenance_work_mem="
              + "\(Figures.setting(atLeast: enough))' gives it the memory"
          )
        )
      } else {
        try db.executeScript("SET LOCAL maintenance_work_mem = '\(enough / 1024)kB'")
      }
    }
    // Nobody else writes to the copy, and a transaction cannot build concurrently.
    try db.executeScript(
      definition.replacing("INDEX CONCURRENTLY", with: "INDEX", maxReplacements: 1)
    )
  }

  /// The same target with the copy in the place of its table, and the indexes that the copy has now.
  ///
  /// - Throws: `PostgresError` from the server.
  func target(_ original: SearchTarget, on db: inout PQConnection) throws -> SearchTarget {
    let table = try NamedTable.find(identifier.sql, on: &db)
    let columns = try VectorColumn.read(tables: [identifier.sql], on: &db)
    return original.copied(
      to: table,
      indexes: columns.first { $0.name == column.name }?.indexes ?? []
    )
  }
}
