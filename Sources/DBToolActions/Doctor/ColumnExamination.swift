import PGCatalog
import VectorSQL

/// All that is known of a vector column, and what follows from it.
struct ColumnExamination {
  /// What the registry has for a column.
  struct Registration {
    let embedding: RegisteredEmbedding
    let encoder: RegisteredEncoder
  }

  let column: VectorColumn
  let state: TableState
  /// What is in it, nil where it could not be read.
  let content: ColumnContent?
  let indexes: [TableIndex]
  let registration: Registration?
  /// Rows with a vector among those that should have one, nil where nobody should.
  let coverage: EmbeddingCoverage?
  /// Whether there is a registry that could be read, or none at all.
  let knowsRegistry: Bool
  let server: ServerState
  let naming: Naming

  typealias Finding = Diagnosis.Finding

  /// What is not as it should be.
  var findings: [Finding] {
    contentFindings + indexes.flatMap(findings) + missingIndexFindings + registrationFindings
  }

  // MARK: Names

  var name: String { naming.name(column) }
  var table: String { naming.name(column.holder) }
  var quotedColumn: String { SQLIdentifier.quoted(column.name) }
  private var norm: String { "\(naming.norm(column.storage))(\(quotedColumn))" }

  func finding(
    _ severity: Diagnosis.Severity,
    _ fact: String,
    _ advice: String?...
  ) -> Finding {
    Finding(severity, name, fact, advice.compactMap(\.self))
  }

  /// Whether the vectors could be changed here, and indexes be built.
  var isTable: Bool { state.kind == .table || state.kind == .partitioned }

  /// The command that makes the vectors that are missing.
  var embed: String? {
    registration.map { registration in
      let command = "dbtool embed --encoder \(registration.encoder.name)"
      return registration.encoder.source.kind == .file
        ? "\(command) --table \(Naming.shell(registration.embedding.shownTable)) --from FILE"
        : command
    }
  }

  // MARK: What is in it

  /// `of 1,000 vectors`, or of those in a sample.
  private func among(_ content: ColumnContent) -> String {
    content.isSample
      ? "of \(Figures.grouped(content.vectors)) in a sample"
      : "of \(Figures.count(content.vectors, "vector"))"
  }

  private var contentFindings: [Finding] {
    // What is in a view stands in its tables, and is changed there.
    guard let content, state.kind != .view else { return [] }
    return [zeroVectors(content), dimensions(content), lengths(content)].compactMap(\.self)
  }

  /// Only cosine cannot do with them.
  private func zeroVectors(_ content: ColumnContent) -> Finding? {
    guard content.zero > 0 else { return nil }
    let isCosine =
      registration?.encoder.metric == .cosine || indexes.contains { $0.metric == .cosine }
    let isUnknown = registration == nil && indexes.isEmpty
    guard isCosine || isUnknown else { return nil }
    return finding(
      isCosine ? .problem : .hint,
      "\(Figures.grouped(content.zero)) \(among(content)) \(content.zero == 1 ? "is" : "are") zero: cosine "
        + "distance to them is undefined, its indexes leave them out, no search finds them",
      takeAway("\(norm) = 0"),
      isTable ? embed : nil
    )
  }

  /// The statement that takes vectors away and leaves the rows that they are of.
  private func takeAway(_ condition: String) -> String? {
    guard isTable else { return nil }
    if registration?.embedding.hasSideTable == true {
      return "DELETE FROM \(table) WHERE \(condition);"
    }
    return column.isRequired
      ? "SELECT * FROM \(table) WHERE \(condition);   -- to be made again: the column takes no NULL"
      : "UPDATE \(table) SET \(quotedColumn) = NULL WHERE \(condition);"
  }

  private func dimensions(_ content: ColumnContent) -> Finding? {
    guard column.dimension == nil, let first = content.dimensions.first else { return nil }
    let type = naming.vectors(column.storage.rawValue)
    guard content.dimensions.count > 1 else {
      return finding(
        .hint,
        "declares no dimension, and no index can be built on it as it is; "
          + "\(content.isSample ? "the sample's" : "all") vectors have \(first) elements",
        isTable ? "ALTER TABLE \(table) ALTER COLUMN \(quotedColumn) TYPE \(type)(\(first));" : nil
      )
    }
    // Rows told apart by a predicate, each part with its index: that is how pgvector means it.
    let isMeant = indexes.contains { $0.expression != nil && $0.predicate != nil && $0.isValid }
    return finding(
      isMeant ? .hint : .problem,
      "vectors of \(Self.list(content.dimensions)) elements in one column: comparing them is an error",
      "SELECT \(naming.vectors("vector_dims"))(\(quotedColumn)), count(*) FROM \(table) GROUP BY 1;",
      isMeant
        ? nil
        : takeAway(
          "\(naming.vectors("vector_dims"))(\(quotedColumn)) <> \(registration?.encoder.dimension ?? first)"
        )
    )
  }

  /// `2 and 3`, `2, 3, 4, 5 and 7 others`.
  private static func list(_ numbers: [Int]) -> String {
    let shown = numbers.count > 5 ? 4 : numbers.count - 1
    let last = numbers.count > 5 ? "\(numbers.count - shown) others" : String(numbers[shown])
    return numbers.prefix(shown).map(String.init).joined(separator: ", ") + " and " + last
  }

  private func lengths(_ content: ColumnContent) -> Finding? {
    let isInner =
      registration?.encoder.metric == .innerProduct
      || indexes.contains { $0.metric == .innerProduct }
    guard content.nonUnit > 0, isInner else { return nil }
    return finding(
      .problem,
      "\(Figures.grouped(content.nonUnit)) \(among(content)) are not of length 1: inner product ranks "
        + "longer vectors first, in another order than cosine",
      isTable
        ? "UPDATE \(table) SET \(quotedColumn) = \(naming.vectors("l2_normalize"))(\(quotedColumn)) WHERE abs(\(norm) - 1) > 0.001;"
        : nil
    )
  }
}
