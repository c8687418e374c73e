import PGCatalog
import VectorSQL

/// What is to be said about the indexes of a column.
extension ColumnExamination {
  /// From so many rows on, comparing all of them is felt.
  static let manyRows = 50_000
  /// Of fewer vectors it does not matter what an index finds.
  private static let fewestVectors = 100

  /// The name of the index that the registry wants.
  private var wanted: String? { registration?.embedding.wantedIndexName }

  func findings(about index: TableIndex) -> [Finding] {
    guard index.isValid else { return [invalid(index)] }
    return [
      otherMetric(index), fewRows(index) ?? stale(index) ?? listsByRule(index), size(index),
      buildMemory(index),
    ]
    .compactMap(\.self)
  }

  private func shown(_ index: TableIndex) -> String { "index \(naming.name(index.identifier))" }

  private func invalid(_ index: TableIndex) -> Finding {
    let name = naming.name(index.identifier)
    guard !index.isBeingBuilt else {
      return finding(
        .hint,
        "index \(name) is being built",
        "SELECT * FROM pg_stat_progress_create_index;"
      )
    }
    if state.kind == .partitioned, index.partition == nil {
      return finding(
        .problem,
        "index \(name) is not valid: not every partition has its part of it, and a search of the whole "
          + "table compares every row of the others",
        drop(index),
        "\(index.definition.replacing(" ON ONLY ", with: " ON "));"
      )
    }
    let isOurs = index.name == wanted
    return finding(
      .problem,
      "index \(name) is INVALID, as an interrupted CREATE INDEX CONCURRENTLY leaves it: it serves no search "
        + "and slows every write",
      isOurs ? useWanted : drop(index),
      isOurs || hasTwin(index) ? nil : "\(concurrently(index.definition));"
    )
  }

  /// REINDEX CONCURRENTLY leaves a second copy of an index that still serves.
  private func hasTwin(_ index: TableIndex) -> Bool {
    indexes.contains { other in
      other.isValid && other.operatorClass == index.operatorClass && other.method == index.method
        && other.expression == index.expression && other.predicate == index.predicate
        && other.partition == index.partition
    }
  }

  private func concurrently(_ definition: String) -> String {
    definition.replacing("CREATE INDEX ", with: "CREATE INDEX CONCURRENTLY ", maxReplacements: 1)
  }

  /// The command that builds the index that the registry wants.
  private var useWanted: String? { registration?.embedding.wantedIndex.flatMap(use) }

  private func use(_ kind: IndexKind) -> String? {
    registration.map {
      let metric = kind.metric == $0.encoder.metric ? "" : " --metric \(kind.metric.rawValue)"
      return
        "dbtool index use \(kind.variant.rawValue) --table \(Naming.shell($0.embedding.shownTable)) "
        + "--encoder \($0.encoder.name)\(metric)"
    }
  }

  private func otherMetric(_ index: TableIndex) -> Finding? {
    guard let registration, index.metric != nil else { return nil }
    let metric = registration.encoder.metric
    guard index.metric != metric else { return nil }
    return finding(
      .hint,
      "\(shown(index)) serves \(index.metricName) and encoder \(registration.encoder.name) compares by "
        + "\(metric.rawValue): its searches cannot use it",
      drop(index)
    )
  }

  /// A partitioned table's cannot be dropped concurrently.
  private func drop(_ index: TableIndex) -> String {
    let isPartitioned = state.kind == .partitioned && index.partition == nil
    return "DROP INDEX \(isPartitioned ? "" : "CONCURRENTLY ")\(naming.name(index.identifier));"
  }

  // MARK: IVFFlat

  private func lists(of index: TableIndex) -> Int {
    index.options["lists"].flatMap { Int($0) } ?? 100
  }

  /// PostgreSQL does not keep how many rows an index was built from, but the count that it made then
  /// stands until the next VACUUM or ANALYZE.
  private func fewRows(_ index: TableIndex) -> Finding? {
    let lists = lists(of: index)
    guard index.method == "ivfflat", index.predicate == nil, let vectors = content?.allVectors,
      vectors >= Self.fewestVectors, case let rows = index.builtFrom ?? index.tuples, rows < lists,
      rows * 10 < vectors
    else { return nil }
    return finding(
      .problem,
      shown(index)
        + (index.builtFrom.map { " was built from \(Figures.count($0, "vector"))" }
          ?? " held \(Figures.count(index.tuples, "row")) when PostgreSQL counted last, at its build or later,")
        + " and the column has \(Figures.count(vectors, "vector")): \(lists) lists were made from next to "
        + "nothing, and searches miss most neighbours",
      "REINDEX INDEX CONCURRENTLY \(naming.name(index.identifier));"
    )
  }

  /// What dbtool has built says from how many vectors.
  private func stale(_ index: TableIndex) -> Finding? {
    guard index.method == "ivfflat", let built = index.builtFrom, let vectors = content?.allVectors,
      vectors >= Self.fewestVectors, vectors >= 2 * built
    else { return nil }
    return finding(
      .hint,
      "\(shown(index)) was built from \(Figures.count(built, "vector")) and the column has "
        + "\(Figures.count(vectors, "vector")): its lists are those of other data",
      "REINDEX INDEX CONCURRENTLY \(naming.name(index.identifier));"
    )
  }

  /// pgvector's rule: a thousandth of the rows, above a million their square root.
  private func listsByRule(_ index: TableIndex) -> Finding? {
    guard index.method == "ivfflat", index.predicate == nil, let vectors = content?.allVectors,
      vectors > 0
    else { return nil }
    let lists = lists(of: index)
    let rule = IndexFootprint.lists(forRows: vectors)
    let isFar = lists > 4 * max(rule, 10) || rule > 4 * lists
    guard isFar else { return nil }
    return finding(
      .hint,
      "\(shown(index)) has lists = \(lists) for \(Figures.count(vectors, "vector")); pgvector's rule is about \(rule)",
      "ALTER INDEX \(naming.name(index.identifier)) SET (lists = \(rule));",
      "REINDEX INDEX CONCURRENTLY \(naming.name(index.identifier));"
    )
  }

  // MARK: Memory

  private func size(_ index: TableIndex) -> Finding? {
    guard index.bytes > server.sharedBuffers else { return nil }
    return finding(
      .hint,
      "\(shown(index)) is \(Figures.size(index.bytes)), more than shared_buffers "
        + "(\(Figures.size(server.sharedBuffers))): searches read it from disk or the system's cache",
      "ALTER SYSTEM SET shared_buffers = '\(Figures.setting(atLeast: index.bytes))';  -- then restart the server"
    )
  }

  private func buildMemory(_ index: TableIndex) -> Finding? {
    guard index.method == "hnsw", index.bytes > server.maintenanceMemory else { return nil }
    return finding(
      .hint,
      "\(shown(index)) is \(Figures.size(index.bytes)) and does not fit maintenance_work_mem "
        + "(\(Figures.size(server.maintenanceMemory))): building it again takes several times longer",
      "SET maintenance_work_mem = '\(Figures.setting(atLeast: index.bytes))';  -- before a REINDEX"
    )
  }

  // MARK: Indexes that are not there

  var missingIndexFindings: [Finding] {
    guard let content, content.vectors > 0 else { return [] }
    if let kind = registration?.embedding.wantedIndex, let wanted {
      let isThere = indexes.contains { index in
        // One that is not valid is a finding already.
        index.name == wanted
          || index.isValid && index.isOnWholeColumn && index.method == "hnsw"
            && index.metric == kind.metric
      }
      guard !isThere else { return [] }
      let fact = "the registry wants index \(wanted), and it is not there"
      return [Finding(.problem, name, fact, build(kind))]
    }
    let canHaveOne = isTable || state.kind == .materializedView
    guard indexes.isEmpty, canHaveOne, content.allVectors > Self.manyRows else { return [] }
    let count =
      (content.isSample ? "about " : "") + Figures.count(content.allVectors, "vector")
    return [
      Finding(
        .hint,
        name,
        "\(count) and no approximate index: every search compares all of them",
        build(IndexKind(fittingVariant, by: registration?.encoder.metric ?? .cosine))
      )
    ]
  }

  /// The graph with the fewest losses that takes the column's dimension.
  private var fittingVariant: IndexVariant {
    let dimension = column.dimension ?? 0
    if dimension <= column.storage.maximumIndexedDimension { return .hnsw }
    return dimension <= VectorStorage.halfvec.maximumIndexedDimension ? .hnswHalfvec : .hnswBinary
  }

  /// What dbtool can build by itself it also notes in the registry.
  private func build(_ kind: IndexKind) -> [String] {
    let indexed = IndexedColumn(
      column: column,
      kind: state.kind,
      embedding: registration?.embedding
    )
    if indexed.refusal(of: kind) == nil, let use = use(kind) { return [use] }
    return naming.createIndex(
      on: column,
      for: kind.metric,
      isPartitioned: state.kind == .partitioned
    )
  }
}
