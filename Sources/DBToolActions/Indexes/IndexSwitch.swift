public import PGCatalog
public import PQClient
import VectorSQL

/// Gives a vector column the index that it should have.
///
/// The new index is built concurrently, then the registry notes it, then the one before goes: whenever it
/// is stopped there is the old index or the new one, and the next run goes on.
public struct IndexSwitch: Sendable {
  /// The column.
  public let column: IndexedColumn
  /// What it should have.
  public let kind: IndexKind
  /// How indexes are built.
  private let builder: IndexBuilder

  /// What switching did.
  public struct Outcome: Sendable {
    /// The table, as the command line knows it.
    public let table: String
    /// The index that is there now, nil for none.
    public let index: String?
    /// Whether it had to be built.
    public let built: Bool
    /// The indexes of dbtool's that went.
    public let dropped: [String]
    /// Indexes on the column that are invalid and not dbtool's.
    public let invalid: [TableIndex]
    /// The SQL that ran, in order.
    public let statements: [String]
  }

  /// A switch of a column to a kind of index.
  ///
  /// - Parameters:
  ///   - column: The column.
  ///   - kind: The kind.
  ///   - memory: `maintenance_work_mem` while it is built, in bytes; nil for what the build needs, within
  ///     bounds.
  ///   - events: Told what happens.
  public init(
    _ column: IndexedColumn,
    to kind: IndexKind,
    memory: Int? = nil,
    events: @escaping @Sendable (IndexEvent) -> Void = { _ in }
  ) {
    self.column = column
    self.kind = kind
    builder = IndexBuilder(column, memory: memory, events: events)
  }

  /// The advisory lock of whoever changes an index, so that two at once do not build the same: the
  /// bytes of `dbtoolIX`.
  static let lockKey: Int64 = 0x6462_746F_6F6C_4958

  /// Switches.
  ///
  /// An interrupted build leaves an index that is not valid; one of dbtool's is dropped and built again, a foreign
  /// one is left alone and reported.
  ///
  /// - Parameter db: A connection outside a transaction.
  /// - Returns: What was done.
  /// - Throws: ``ActionError`` where such an index cannot be, or makes no sense; `AdvisoryLockTimeout` where
  ///   another session switches for a minute; `PostgresError`.
  public func run(on db: inout PQConnection) throws -> Outcome {
    if let refusal = column.refusal(of: kind) { throw refusal }
    try VectorExtension.require(on: &db)
    try VectorExtension.makeVisible(on: &db)
    try checkRights(on: &db)
    return try db.withAdvisoryLock(Self.lockKey, waitingUpTo: .seconds(60)) { db in
      try switched(on: &db)
    }
  }

  private func switched(on db: inout PQConnection) throws -> Outcome {
    let wanted = column.name(of: kind)
    let existing = try column.indexes(on: &db)
    var statements: [String] = []
    var dropped: [String] = []
    let isThere = try existing.contains { try isWanted($0, wanted) }
    if !isThere, let refusal = try refusalOfRows(on: &db) { throw refusal }
    for leftover in existing where column.isLeftover(leftover) {
      guard !leftover.isBeingBuilt else {
        throw ActionError(
          .tryAgain,
          "another session is building index \(leftover.name)",
          advice: "run the command again when it is finished"
        )
      }
      dropped.append(leftover.name)
      try Self.drop(leftover.identifier, &statements, on: &db)
    }
    if let wanted, !isThere {
      try checkName(wanted, on: &db)
      statements += try builder.build(kind, named: wanted, on: &db)
    }
    try note(on: &db)
    for index in existing where index.isValid && column.isOurs(index) && index.name != wanted {
      dropped.append(index.name)
      try Self.drop(index.identifier, &statements, on: &db)
    }
    return Outcome(
      table: column.shownTable,
      index: wanted,
      built: wanted != nil && !isThere,
      dropped: dropped,
      invalid: existing.filter { !$0.isValid && !$0.isBeingBuilt && !column.isLeftover($0) },
      statements: statements
    )
  }

  private func isWanted(_ index: TableIndex, _ wanted: String?) throws -> Bool {
    guard index.isValid, index.name == wanted else { return false }
    guard index.operatorClass == kind.operatorClass(on: column.column.storage),
      index.method == kind.variant.method?.rawValue, index.predicate == nil
    else {
      throw ActionError(
        .badData,
        "index \(index.name) has the name of dbtool's own, and is another one: \(index.definition)",
        advice:
          "rename it, then run the command again: ALTER INDEX \(index.identifier.sql) RENAME TO …;"
      )
    }
    return true
  }

  private func refusalOfRows(on db: inout PQConnection) throws -> ActionError? {
    guard kind.variant == .ivfflat else { return nil }
    return column.refusal(of: kind, vectors: try column.vectors(on: &db))
  }

  /// Long names are cut, and two columns may then share one.
  private func checkName(_ name: String, on db: inout PQConnection) throws {
    let found = try db.query(
      """
      SELECT coalesce(x.indrelid, c.oid)::regclass::text AS holder
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_index AS x ON x.indexrelid = c.oid
      WHERE n.nspname = \(column.column.schema) AND c.relname = \(name)
      """
    )
    guard let row = found.first else { return }
    throw ActionError(
      .badData,
      "the name \(name) is taken by something of \(try row["holder"] as String) that is no such index on "
        + column.shown,
      advice:
        "rename that: ALTER INDEX \(SQLIdentifier(schema: column.column.schema, name).sql) RENAME TO …;"
    )
  }

  // MARK: The registry

  /// Who may build an index and not note it would find out after the build.
  private func checkRights(on db: inout PQConnection) throws {
    let found = try db.query(
      """
      SELECT pg_has_role(t.relowner, 'USAGE')
             AND NOT (has_schema_privilege(n.oid, 'USAGE')
                      AND has_column_privilege(c.oid, 'index_variant', 'UPDATE')
                      AND has_table_privilege(c.oid, 'SELECT')) AS lacks
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = 'dbtool'
      CROSS JOIN pg_catalog.pg_class AS t
      JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.relnamespace
      WHERE c.relname = 'embedding'
        AND tn.nspname = \(column.column.schema) AND t.relname = \(column.column.table)
      """
    )
    guard let row = found.first, try row["lacks"] else { return }
    throw ActionError(
      .rights,
      "permission denied for table dbtool.embedding, the registry of which index a column should have",
      advice:
        "GRANT USAGE ON SCHEMA dbtool TO you; GRANT SELECT, UPDATE ON dbtool.embedding TO you;"
    )
  }

  private func note(on db: inout PQConnection) throws(PostgresError) {
    guard let embedding = column.embedding else { return }
    let text = kind.registeredText(of: embedding.metric)
    try db.execute(
      """
      UPDATE dbtool.embedding SET index_variant = \(text)
      WHERE embedding_id = \(embedding.id) AND index_variant <> \(text)
      """
    )
  }

  static func drop(
    _ index: SQLIdentifier,
    _ statements: inout [String],
    on db: inout PQConnection
  ) throws(PostgresError) {
    // Another run may have dropped it since it was seen.
    let sql = "DROP INDEX CONCURRENTLY IF EXISTS \(index.sql)"
    statements.append(sql)
    try db.executeScript(sql)
  }
}
