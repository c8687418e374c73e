import PGCatalog
public import PQClient
import VectorSQL

/// Builds the indexes of a column anew, beside themselves: after many deletions, or when an IVFFlat index was built
/// from few rows.
public struct IndexRebuild: Sendable {
  /// The column.
  public let column: IndexedColumn
  /// The one index to build, dbtool's or not; nil for those of dbtool's.
  public let index: String?
  private let builder: IndexBuilder

  /// What rebuilding did.
  public struct Outcome: Sendable {
    /// The indexes that were built.
    public let rebuilt: [String]
    /// The SQL that ran, in order.
    public let statements: [String]
    /// What takes the dead rows out of table and indexes, to be run when there is time for it.
    public let vacuum: String
  }

  /// A rebuilding.
  ///
  /// - Parameters:
  ///   - column: The column.
  ///   - index: The one index, nil for those of dbtool's.
  ///   - memory: As of ``IndexSwitch``.
  ///   - events: Told what happens.
  public init(
    _ column: IndexedColumn,
    index: String? = nil,
    memory: Int? = nil,
    events: @escaping @Sendable (IndexEvent) -> Void = { _ in }
  ) {
    self.column = column
    self.index = index
    builder = IndexBuilder(column, memory: memory, events: events)
  }

  /// Rebuilds them.
  ///
  /// - Parameter db: A connection outside a transaction.
  /// - Returns: What was done.
  /// - Throws: ``ActionError`` where there is no such index; `AdvisoryLockTimeout`; `PostgresError`.
  public func run(on db: inout PQConnection) throws -> Outcome {
    try db.withAdvisoryLock(IndexSwitch.lockKey, waitingUpTo: .seconds(60)) { db in
      try rebuilt(on: &db)
    }
  }

  private func rebuilt(on db: inout PQConnection) throws -> Outcome {
    let existing = try column.indexes(on: &db)
    let chosen = try chosen(of: existing)
    var statements: [String] = []
    // What an interrupted run has left of those of dbtool's.
    for leftover in existing
    where column.isLeftover(leftover) && !column.isOurs(leftover) && !leftover.isBeingBuilt {
      try IndexSwitch.drop(leftover.identifier, &statements, on: &db)
    }
    for index in chosen {
      let kind = column.kind(of: index)
      if kind?.variant == .ivfflat { statements += try setLists(of: index, on: &db) }
      statements += try builder.rebuild(index, as: kind, on: &db)
    }
    return Outcome(
      rebuilt: chosen.map(\.name),
      statements: statements,
      vacuum: "VACUUM (ANALYZE) \(column.column.holder.shown);"
    )
  }

  private func chosen(of existing: [TableIndex]) throws(ActionError) -> [TableIndex] {
    let chosen = existing.filter { candidate in
      guard let index else { return column.isOurs(candidate) }
      return [candidate.name, candidate.identifier.sql, candidate.identifier.shown].contains(index)
    }
    guard chosen.isEmpty else { return chosen }
    let names = existing.map(\.name).joined(separator: ", ")
    throw ActionError(
      .notFound,
      index.map { "no approximate index \"\($0)\" on \(column.shown)" }
        ?? "no index of dbtool's on \(column.shown)",
      advice: existing.isEmpty
        ? "dbtool index use hnsw builds one"
        : index == nil ? "name one that is not dbtool's: --index \(names)" : "there are: \(names)"
    )
  }

  /// As many lists as the rows of today make by the rule.
  private func setLists(
    of index: TableIndex,
    on db: inout PQConnection
  ) throws -> [String] {
    let lists = IndexFootprint.lists(forRows: try column.vectors(on: &db))
    guard index.options["lists"] != String(lists) else { return [] }
    let sql = "ALTER INDEX \(index.identifier.sql) SET (lists = \(lists))"
    try db.executeScript(sql)
    return [sql]
  }
}

extension IndexedColumn {
  /// The kind of an index of dbtool's, by its name; nil for one of somebody else's.
  func kind(of index: TableIndex) -> IndexKind? {
    for variant in IndexVariant.allCases {
      for metric in [metric] + DistanceMetric.allCases {
        let kind = IndexKind(variant, by: metric)
        if name(of: kind) == index.name { return kind }
      }
    }
    return nil
  }
}
