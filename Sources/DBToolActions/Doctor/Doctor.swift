import PGCatalog
public import PQClient
public import VectorSQL

/// Looks at a database and what is around it, and says what is not as it should be.
///
/// Nothing is written: every transaction is read only, and each table is read in one of its own.
public struct Doctor: Sendable {
  /// What happens while it looks.
  public enum Event: Sendable {
    /// A table is about to be read, by this statement.
    case reading(table: String, number: Int, of: Int, SQLStatement)
  }

  private let session: Session
  private let tableName: String?
  private let observe: @Sendable (Event) -> Void

  /// Prepares a look.
  ///
  /// - Parameters:
  ///   - session: Where models and the embedded server are looked for.
  ///   - table: The only table to look at, as people name it; nil for all.
  ///   - observe: Called as it goes.
  public init(
    _ session: Session,
    table: String? = nil,
    observe: @escaping @Sendable (Event) -> Void = { _ in }
  ) {
    self.session = session
    tableName = table
    self.observe = observe
  }

  /// Looks.
  ///
  /// - Parameter db: A connection outside a transaction.
  /// - Returns: What was found.
  /// - Throws: ``ActionError`` where the table is not there; `PostgresError` from the server, but not for a
  ///   table that cannot be read, which is a finding.
  public func run(on db: inout PQConnection) async throws -> Diagnosis {
    let catalog = try db.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") { db in
      try db.query(SQLStatement(TableScan.patience))
      return try CatalogReading(table: tableName, on: &db)
    }
    let columns = try examine(catalog, on: &db)
    var environment = [
      EnvironmentFindings.server(catalog.server), EnvironmentFindings.memory(catalog.server),
      EnvironmentFindings.pgvector(
        catalog.vector,
        packaged: catalog.packaged,
        isNeeded: !catalog.registry.embeddings.isEmpty
      ),
      EnvironmentFindings.registry(catalog.registry, role: catalog.server.role),
      catalog.columnsFound,
      EnvironmentFindings.libpq(), await EnvironmentFindings.embedded(session),
    ]
    environment += await models(catalog, columns)
    return Diagnosis(
      database: db.database,
      sharedBuffers: catalog.server.sharedBuffers,
      environment: environment,
      columns: columns,
      registry: catalog.missingColumns
    )
  }

  // MARK: Tables

  private func examine(
    _ catalog: CatalogReading,
    on db: inout PQConnection
  ) throws -> [Diagnosis.Column] {
    var columns: [Diagnosis.Column] = []
    for (number, table) in catalog.tables.enumerated() {
      guard let state = catalog.states[table] else { continue }
      let all = catalog.columns.filter { $0.holder == table }
      let readable = all.filter { state.readableColumns.contains($0.name) }
      var findings = [
        catalog.notReadable(all.filter { !readable.contains($0) }),
        catalog.deadRows(of: table, state),
      ].compactMap(\.self)
      let scan = TableScan(
        table: table,
        columns: readable,
        state: state,
        timeout: catalog.server.statementTimeout,
        naming: catalog.naming
      )
      let name = catalog.naming.name(table)
      let outcome = try scan.run(on: &db) { statement in
        observe(.reading(table: name, number: number + 1, of: catalog.tables.count, statement))
      }
      if let failure = outcome.failure { findings.append(failure) }
      for column in all {
        columns.append(try examine(column, state, outcome, findings, catalog, on: &db))
        findings = []  // of the table as a whole, and said once
      }
    }
    return columns
  }

  private func examine(
    _ column: VectorColumn,
    _ state: TableState,
    _ outcome: TableScan.Outcome,
    _ ofTable: [Diagnosis.Finding],
    _ catalog: CatalogReading,
    on db: inout PQConnection
  ) throws -> Diagnosis.Column {
    let content = outcome.contents[column.name]
    let indexes = outcome.indexes?.filter { $0.column == column.name }
    let registration = catalog.registration(of: column)
    var coverage: EmbeddingCoverage?
    var findings = ofTable
    if let registration, let content {
      let counted = try EmbeddingCoverage.read(registration, content, catalog, on: &db)
      coverage = counted.coverage
      findings += counted.failure.map { [$0] } ?? []
    }
    let examination = ColumnExamination(
      column: column,
      state: state,
      content: content,
      indexes: indexes ?? [],
      registration: registration,
      coverage: coverage,
      knowsRegistry: catalog.knowsRegistry,
      server: catalog.server,
      naming: catalog.naming
    )
    return Diagnosis.Column(
      column: column,
      name: examination.name,
      encoder: registration?.encoder.name,
      content: content,
      indexes: indexes,
      findings: findings + examination.findings
    )
  }

  // MARK: Models

  /// Servers are asked at the same time: each may take two seconds to say nothing.
  private func models(
    _ catalog: CatalogReading,
    _ columns: [Diagnosis.Column]
  ) async -> [Diagnosis.Finding] {
    let loader = ModelLoader(settings: session.settings)
    let filled = Set(columns.filter { ($0.content?.vectors ?? 0) > 0 }.compactMap(\.encoder))
    return await withTaskGroup(of: (Int, Diagnosis.Finding).self) { group in
      for (place, encoder) in catalog.wantedEncoders.enumerated() {
        group.addTask {
          let status = await ModelStatus.read(encoder, loader)
          return (
            place,
            EnvironmentFindings.model(encoder, status, isFilled: filled.contains(encoder.name))
          )
        }
      }
      var found: [(Int, Diagnosis.Finding)] = []
      for await finding in group { found.append(finding) }
      return found.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }
}
