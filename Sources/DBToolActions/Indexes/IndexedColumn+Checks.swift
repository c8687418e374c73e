import PGCatalog
import PQClient
import VectorSQL

extension IndexedColumn {
  /// Fewer vectors make one list, and a search of all lists is no use.
  static let fewestForLists = 2000

  /// Why no index of this kind can be on the column, nil where one can.
  func refusal(of kind: IndexKind) -> ActionError? {
    guard kind.variant != .exact else { return nil }
    return relationRefusal(kind) ?? dimensionRefusal(kind) ?? operatorRefusal(kind)
  }

  /// Why an index of this kind would find next to nothing in so many vectors, nil where it would not.
  func refusal(of kind: IndexKind, vectors: Int) -> ActionError? {
    guard kind.variant == .ivfflat, vectors < Self.fewestForLists else { return nil }
    return ActionError(
      .usage,
      "\(shown) has \(Figures.count(vectors, "vector")): too few for IVFFlat, which makes one list of each thousand "
        + "and needs two lists at least",
      detail: "built from next to nothing, such an index finds one neighbour in six (recall .16 "
        + "against .9995), and it keeps its lists when rows are added",
      advice:
        "stay with exact, which compares so few in a millisecond; or take hnsw, which grows with the rows"
    )
  }

  /// Why what the column stands in has no such index, nil where it may.
  func relationRefusal(_ kind: IndexKind) -> ActionError? {
    let what: String
    switch self.kind {
    case .table, .materializedView: return nil
    case .view: what = "a view, and has no indexes: name the table below it"
    case .foreign: what = "a foreign table: its indexes are those of the other server"
    case .partitioned: return partitionedRefusal(kind)
    }
    return ActionError(.usage, "\(column.holder.shown) is \(what)")
  }

  /// As it is done by hand, with nobody locked out: each partition by itself, and then the whole.
  private func partitionedRefusal(_ kind: IndexKind) -> ActionError {
    let name = name(of: kind) ?? ""
    let table = column.holder.shown
    let whole = kind.definition(index: name, column: column, lists: 100)?
      .replacing("\n", with: " ")
      .replacing(
        "INDEX CONCURRENTLY \(SQLIdentifier(name).sql) ON ",
        with: "INDEX \(SQLIdentifier(name).sql) ON ONLY "
      )
    return ActionError(
      .usage,
      "\(table) is partitioned, and PostgreSQL builds no index on all of its partitions concurrently",
      detail: "first \(whole ?? "CREATE INDEX … ON ONLY \(table) …;")",
      advice: "then on each partition CREATE INDEX CONCURRENTLY part_index … and ALTER INDEX "
        + "\(SQLIdentifier(schema: column.schema, name).sql) ATTACH PARTITION part_index;"
    )
  }

  /// The most dimensions that an index of a variant takes.
  func mostDimensions(of variant: IndexVariant) -> Int {
    switch variant.copy {
    case .binary: 64_000
    case .halfvec: VectorStorage.halfvec.maximumIndexedDimension
    case nil: column.storage.maximumIndexedDimension
    }
  }

  private func dimensionRefusal(_ kind: IndexKind) -> ActionError? {
    let most = mostDimensions(of: kind.variant)
    let name = SQLIdentifier.quoted(column.name)
    guard let dimension = column.dimension else {
      let table = column.holder.shown
      return ActionError(
        .usage,
        "\(shown) has no fixed number of dimensions, without which there is no index",
        advice:
          "ALTER TABLE \(table) ALTER \(name) TYPE \(column.storage.rawValue)(N), where N is what "
          + "SELECT DISTINCT vector_dims(\(name)) FROM \(table) says"
      )
    }
    guard dimension > most else { return nil }
    let fitting = [IndexVariant.hnsw, .hnswHalfvec, .hnswBinary].filter { variant in
      dimension <= mostDimensions(of: variant)
        && !(variant == .hnswHalfvec && column.storage == .halfvec)
    }
    return ActionError(
      .usage,
      "\(shown) has \(dimension) dimensions; \(kind.variant.rawValue) on \(column.storage.rawValue) takes at most "
        + "\(most)",
      advice: "these fit: \((fitting.map(\.rawValue) + ["exact"]).joined(separator: ", ")); "
        + "a query of a halfvec or binary index ranks its candidates again by the vectors"
    )
  }

  private func operatorRefusal(_ kind: IndexKind) -> ActionError? {
    if kind.variant == .hnswBinary, metric != .cosine {
      return ActionError(
        .usage,
        "signs tell the angle between vectors, and \(shown) is compared by \(metric.rawValue)",
        advice: "take hnsw_halfvec, which serves every metric in half the space"
      )
    }
    if kind.variant == .ivfflat, kind.metric == .l1 {
      return ActionError(
        .usage,
        "pgvector has no IVFFlat index for l1, the taxicab distance",
        advice: "take hnsw, which has one"
      )
    }
    if kind.variant == .hnswHalfvec, column.storage == .halfvec {
      return ActionError(
        .usage,
        "\(shown) is of type halfvec already",
        advice: "take hnsw: it holds 16 bits per dimension there"
      )
    }
    return nil
  }

  /// Counts the rows that have a vector, without reading any.
  ///
  /// - Throws: `PostgresError` from the server.
  func vectors(on db: inout PQConnection) throws(PostgresError) -> Int {
    try db.query("SELECT count(\(ident: column.name)) FROM \(column.holder)").scalar()
  }
}
