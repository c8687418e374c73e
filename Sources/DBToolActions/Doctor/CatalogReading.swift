import PGCatalog
import PQClient
import VectorSQL

/// What the catalogue and the registry say, read in one transaction before any table is.
struct CatalogReading {
  let server: ServerState
  let vector: VectorExtension
  /// The version of pgvector whose files the server has.
  let packaged: String?
  let registry: DoctorRegistry
  /// The vector columns looked at, by table and place.
  let columns: [VectorColumn]
  let states: [SQLIdentifier: TableState]
  /// The registry's embeddings of the tables looked at.
  private let embeddings: [RegisteredEmbedding]

  var naming: Naming { Naming(vector: vector) }

  /// The tables with vector columns, each once.
  var tables: [SQLIdentifier] {
    var seen: Set<SQLIdentifier> = []
    return columns.map(\.holder).filter { seen.insert($0).inserted }
  }

  /// Reads it.
  ///
  /// - Parameters:
  ///   - name: The only table to look at, nil for all.
  ///   - db: A connection in a read-only transaction.
  /// - Throws: ``ActionError`` where the table is not there, `PostgresError` from the server.
  init(table name: String?, on db: inout PQConnection) throws {
    server = try ServerState.read(on: &db)
    vector = try VectorExtension.read(on: &db)
    packaged = try VectorExtension.packagedVersion(on: &db)
    registry = try DoctorRegistry.read(on: &db)
    let table = try name.map { try NamedTable.find($0, on: &db).identifier }
    let embeddings = registry.embeddings.filter {
      table == nil || $0.source == table || $0.vectors == table
    }
    // The vectors of a table may stand beside it.
    let wanted = Set(embeddings.map(\.vectors) + [table].compactMap(\.self))
    columns = try VectorColumn.readAll(on: &db).filter {
      table == nil || wanted.contains($0.holder)
    }
    let holders = Set(columns.map(\.holder))
    self.embeddings = embeddings
    states = try TableState.read(Array(holders.union(embeddings.map(\.source))), on: &db)
  }

  /// False where there is a registry that this role may not read.
  var knowsRegistry: Bool { if case .unreadable = registry { false } else { true } }

  /// What the registry has for a column.
  func registration(of column: VectorColumn) -> ColumnExamination.Registration? {
    let found = embeddings.first { $0.vectors == column.holder && $0.vectorColumn == column.name }
    guard let found, let encoder = registry.encoders.first(where: { $0.name == found.encoder })
    else { return nil }
    return ColumnExamination.Registration(embedding: found, encoder: encoder)
  }

  /// The encoders whose models are looked at: all, or those of the one table.
  var wantedEncoders: [RegisteredEncoder] {
    let isPart = embeddings.count < registry.embeddings.count
    let named = Set(embeddings.map(\.encoder))
    return registry.encoders.filter { !isPart || named.contains($0.name) }
  }

  // MARK: Findings that need no table to be read

  var columnsFound: Diagnosis.Finding {
    guard columns.isEmpty else {
      return Diagnosis.Finding(
        .ok,
        "vector columns",
        "\(Figures.grouped(columns.count)) in \(Figures.count(tables.count, "table"))"
      )
    }
    return Diagnosis.Finding(
      .ok,
      "vector columns",
      "none",
      vector.installed == nil
        ? [] : ["dbtool encoder add NAME --table TABLE --template '{COLUMN}'"]
    )
  }

  /// What the registry names and the database does not have.
  var missingColumns: [Diagnosis.Finding] {
    embeddings.compactMap { embedding in
      let hasColumn = columns.contains {
        $0.holder == embedding.vectors && $0.name == embedding.vectorColumn
      }
      guard !hasColumn || states[embedding.source] == nil else { return nil }
      let what =
        hasColumn
        ? "the registry has its vectors for the rows of \(embedding.shownTable), which is not there"
        : "the registry names it for encoder \(embedding.encoder), and there is no such vector column"
      return Diagnosis.Finding(
        .problem,
        naming.name(embedding.vectors) + "." + SQLIdentifier.quoted(embedding.vectorColumn),
        what,
        [
          "dbtool migrate status",
          "dbtool encoder remove \(embedding.encoder) --table \(Naming.shell(embedding.shownTable))",
        ]
      )
    }
  }

  /// Columns of one table that the role may not read.
  func notReadable(_ columns: [VectorColumn]) -> Diagnosis.Finding? {
    guard let first = columns.first else { return nil }
    let role = SQLIdentifier.quoted(server.role)
    let names = columns.map { SQLIdentifier.quoted($0.name) }.joined(separator: ", ")
    return Diagnosis.Finding(
      .hint,
      naming.name(first.holder),
      "role \(server.role) may not read \(names): nothing is said of what is in there",
      [
        "GRANT USAGE ON SCHEMA \(SQLIdentifier.quoted(first.schema)) TO \(role);",
        "GRANT SELECT (\(names)) ON \(naming.name(first.holder)) TO \(role);",
      ]
    )
  }

  func deadRows(of table: SQLIdentifier, _ state: TableState) -> Diagnosis.Finding? {
    let share = Double(state.deadRows) / Double(max(1, state.deadRows + state.liveRows))
    // Of a small table they are a matter of a page or two.
    guard state.deadRows >= 1000, share > 0.2 else { return nil }
    return Diagnosis.Finding(
      .hint,
      naming.name(table),
      "\(Figures.percent(share)) of its rows (\(Figures.grouped(state.deadRows))) are dead: searches by index "
        + "walk past them",
      ["VACUUM (ANALYZE) \(naming.name(table));"]
    )
  }
}
