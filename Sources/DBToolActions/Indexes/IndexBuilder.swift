import PGCatalog
import PQClient
import VectorSQL

/// What happens while an index is built.
public enum IndexEvent: Sendable {
  /// A statement begins that builds an index, and that may take long.
  case building(index: String)
  /// Something that a person should know.
  case note(String)
}

/// Runs the statements that build an index, with the memory that they need, and leaves nothing half built.
struct IndexBuilder: Sendable {
  private let column: IndexedColumn
  private let memory: Int?
  private let events: @Sendable (IndexEvent) -> Void

  /// So much `maintenance_work_mem` is taken without being asked for.
  static let mostMemory = 1 << 30

  /// Builds in `memory` bytes of `maintenance_work_mem`; nil for what the build needs, up to ``mostMemory``.
  init(
    _ column: IndexedColumn,
    memory: Int?,
    events: @escaping @Sendable (IndexEvent) -> Void
  ) {
    self.column = column
    self.memory = memory
    self.events = events
  }

  /// Builds an index concurrently, and notes in its comment how many vectors it was built from.
  ///
  /// - Returns: The SQL that ran.
  /// - Throws: `PostgresError` from the server; nothing of the index is left then.
  func build(
    _ kind: IndexKind,
    named name: String,
    on db: inout PQConnection
  ) throws -> [String] {
    let vectors = try column.vectors(on: &db)
    let lists = IndexFootprint.lists(forRows: vectors)
    guard let create = kind.definition(index: name, column: column.column, lists: lists) else {
      return []
    }
    let settings = try setMemory(for: kind, vectors: vectors, index: name, on: &db)
    defer { resetMemory(settings, on: &db) }
    try run(create, index: name, on: &db) { $0.name == name }
    return settings + [create, try comment(on: name, on: &db)]
  }

  /// Builds an index anew beside itself.
  ///
  /// - Returns: The SQL that ran.
  /// - Throws: `PostgresError` from the server; of the copy nothing is left then.
  func rebuild(
    _ index: TableIndex,
    as kind: IndexKind?,
    on db: inout PQConnection
  ) throws -> [String] {
    let vectors = try column.vectors(on: &db)
    let settings =
      try kind.map { try setMemory(for: $0, vectors: vectors, index: index.name, on: &db) } ?? []
    defer { resetMemory(settings, on: &db) }
    let before = Set(try column.indexes(on: &db).map(\.name))
    let reindex = "REINDEX INDEX CONCURRENTLY \(index.identifier.sql)"
    try run(reindex, index: index.name, on: &db) {
      $0.isTransient(of: index.name) && !before.contains($0.name)
    }
    let isOurs = kind != nil
    return settings + [reindex] + (isOurs ? [try comment(on: index.name, on: &db)] : [])
  }

  // MARK: Running

  /// Runs a statement; `isRemnant` knows an invalid index that it leaves when it fails.
  ///
  /// - Throws: `PostgresError` from the server, ``ActionError`` where the index is not valid then.
  private func run(
    _ statement: String,
    index: String,
    on db: inout PQConnection,
    isRemnant: (TableIndex) -> Bool
  ) throws {
    events(.building(index: index))
    do {
      try db.executeScript(statement)
    } catch {
      dropRemnants(isRemnant, on: &db)
      throw error
    }
    let isValid = try column.indexes(on: &db).contains { $0.name == index && $0.isValid }
    guard isValid else {
      dropRemnants(isRemnant, on: &db)
      throw ActionError(
        .tryAgain,
        "index \(index) was built and is not valid",
        advice: "somebody else changes the table's indexes: run the command again"
      )
    }
  }

  /// Ctrl-C asks the server for a second to cancel whatever runs, which may be this; so it is tried again.
  private func dropRemnants(_ isRemnant: (TableIndex) -> Bool, on db: inout PQConnection) {
    for _ in 0..<30 {
      do {
        for index in try column.indexes(on: &db)
        where !index.isValid && !index.isBeingBuilt && isRemnant(index) {
          var statements: [String] = []
          try IndexSwitch.drop(index.identifier, &statements, on: &db)
        }
        return
      } catch {
        guard error.sqlState == .queryCanceled else { return }
        sleep(milliseconds: 50)
      }
    }
  }

  /// PostgreSQL does not keep how many rows an index was built from: its own count changes with each ANALYZE.
  private func comment(on index: String, on db: inout PQConnection) throws -> String {
    let rows = try column.indexes(on: &db).first { $0.name == index }?.tuples ?? 0
    let name = SQLIdentifier(schema: column.column.schema, index)
    let comment = "dbtool: built from \(Figures.count(rows, "vector").filter { $0 != "," })"
    let sql = "COMMENT ON INDEX \(name.sql) IS '\(comment)'"
    try db.executeScript(sql)
    return sql
  }

  // MARK: Memory

  /// Raises `maintenance_work_mem` for the session where the build needs more.
  ///
  /// - Returns: The statements that ran, none where it stays.
  private func setMemory(
    for kind: IndexKind,
    vectors: Int,
    index: String,
    on db: inout PQConnection
  ) throws -> [String] {
    let needed = IndexFootprint(
      kind.variant,
      rows: vectors,
      dimension: column.column.dimension ?? 0,
      storage: column.column.storage,
      lists: IndexFootprint.lists(forRows: vectors)
    ).memory
    let present = try ServerState.read(on: &db).maintenanceMemory
    var taken = memory
    if taken == nil, needed > present {
      // What the estimate does not know of, and what is written meanwhile.
      let enough = needed + needed / 10
      guard enough <= Self.mostMemory else {
        events(
          .note(
            "index \(index) needs about \(Figures.size(needed)) to be built, more than maintenance_work_mem "
              + "(\(Figures.size(present))): it will take several times longer; --maintenance-work-mem "
              + "\(Figures.setting(atLeast: enough)) gives it the memory"
          )
        )
        return []
      }
      taken = enough
      events(
        .note(
          "index \(index) needs about \(Figures.size(needed)) to be built: maintenance_work_mem is "
            + "\(Figures.size(enough)) for this session, not \(Figures.size(present))"
        )
      )
    }
    guard let taken else { return [] }
    let sql = "SET maintenance_work_mem = '\(max(1024, (taken + 1023) / 1024))kB'"
    try db.executeScript(sql)
    return [sql]
  }

  private func resetMemory(_ settings: [String], on db: inout PQConnection) {
    if !settings.isEmpty { _ = try? db.executeScript("RESET maintenance_work_mem") }
  }
}
