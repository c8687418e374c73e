import PGCatalog
import PQClient
import VectorSQL

/// The one reading of a table that counts all of its vector columns.
struct TableScan {
  /// Up to so many rows are all read; of more a sample is.
  static let mostRows = 100_000
  /// About so many rows are in a sample.
  static let sampleRows = 50_000
  /// A sample of fewer says too little.
  private static let leastRows = 1_000
  /// How long to wait for a table that somebody has locked.
  static let patience = SQLSetting("lock_timeout", "3s")

  let table: SQLIdentifier
  /// The columns that this role may read.
  let columns: [VectorColumn]
  let state: TableState
  /// How long the server lets a statement run, nil for as long as it takes.
  let timeout: Duration?
  let naming: Naming

  /// What came of it.
  struct Outcome {
    /// The approximate indexes of all columns, nil where they could not be read.
    var indexes: [TableIndex]?
    /// What is in the columns, by their names.
    var contents: [String: ColumnContent] = [:]
    /// Why something could not be read, and what to do.
    var failure: Diagnosis.Finding?
  }

  /// Why rows are not counted.
  private struct NotCounted: Error {
    let fact: String
    var advice: [String] = []
  }

  /// Reads the indexes and then the table, each in a transaction of its own so that nothing is held longer
  /// than it is read.
  ///
  /// - Parameters:
  ///   - db: A connection outside a transaction.
  ///   - announce: Called with the statement that reads the table before it runs.
  /// - Returns: What was read.
  /// - Throws: `PostgresError` where the session ended or the statement was cancelled.
  func run(on db: inout PQConnection, announce: (SQLStatement) -> Void) throws -> Outcome {
    var outcome = Outcome()
    outcome.failure = try attempt(on: &db) { db in
      outcome.indexes = try TableIndex.approximate(on: table, on: &db)
    }
    guard outcome.failure == nil, !columns.isEmpty else { return outcome }
    outcome.failure = try attempt(on: &db) { db in
      let found = try read(on: &db, announce: announce)
      outcome.contents = Dictionary(uniqueKeysWithValues: zip(columns.map(\.name), found))
    }
    return outcome
  }

  /// Whatever is wrong with one table is a finding.
  private func attempt(
    on db: inout PQConnection,
    _ body: (inout PQConnection) throws -> Void
  ) throws -> Diagnosis.Finding? {
    let start = ContinuousClock.now
    do {
      try db.transaction("BEGIN READ ONLY") { db in
        try db.query(SQLStatement(Self.patience))
        try body(&db)
      }
      return nil
    } catch let error as NotCounted {
      return notRead("not counted: \(error.fact)", error.advice)
    } catch let error as PostgresError where error.isAboutWhatIsRead {
      let isEmpty = state.kind == .materializedView && error.sqlState?.conditionClass == "55"
      let refresh = "REFRESH MATERIALIZED VIEW \(naming.name(table));"
      return notRead("cannot be read: \(error.message)", isEmpty ? [refresh] : [])
    } catch let error as PostgresError where error.sqlState == .queryCanceled {
      // The same error as after Ctrl-C.
      guard let timeout, start.duration(to: .now) >= timeout else { throw error }
      let again =
        "PGOPTIONS='-c statement_timeout=0' dbtool doctor --table \(Naming.shell(naming.name(table)))"
      return notRead("cannot be read within the session's statement_timeout", [again])
    }
  }

  private func notRead(_ fact: String, _ advice: [String]) -> Diagnosis.Finding {
    Diagnosis.Finding(.hint, naming.name(table), fact, advice)
  }

  private func read(
    on db: inout PQConnection,
    announce: (SQLStatement) -> Void
  ) throws -> [ColumnContent] {
    let expected: Int?
    switch state.kind {
    case .table, .partitioned, .materializedView: expected = state.rows ?? 0
    case .view: expected = try FilterEstimate.rows("SELECT\nFROM \(table)", on: &db).rows
    case .foreign: expected = state.rows
    }
    guard let expected else {
      throw NotCounted(
        fact: "it stands on another server, and nobody knows how many rows that has",
        advice: ["ANALYZE \(naming.name(table));"]
      )
    }
    let isLarge = expected > Self.mostRows
    if isLarge, state.kind == .view || state.kind == .foreign {
      let kind = state.kind == .view ? "view" : "foreign table"
      throw NotCounted(
        fact: "about \(Figures.count(expected, "row")), and no sample can be taken of a \(kind)"
      )
    }
    if isLarge {
      let share = Double(Self.sampleRows) / Double(expected)
      let sample = try count(share, on: &db, announce: announce)
      // A table that is much smaller than the catalogue believes fits into a few pages.
      if sample[0].read >= Self.leastRows { return sample }
    }
    return try count(nil, on: &db, announce: announce)
  }

  private func count(
    _ share: Double?,
    on db: inout PQConnection,
    announce: (SQLStatement) -> Void
  ) throws -> [ColumnContent] {
    let statement = SQLStatement(query(share))
    announce(statement)
    let row = try db.query(statement)[0]
    let rows: Int = try row["rows"]
    return try columns.enumerated().map { place, column in
      let dimensions: [Int]? =
        column.dimension == nil ? try row["dimensions_\(place + 1)"] : nil
      return ColumnContent(
        rows: share.map { Int((Double(rows) / $0).rounded()) } ?? rows,
        read: rows,
        isSample: share != nil,
        vectors: try row["vectors_\(place + 1)"],
        zero: try row["zero_\(place + 1)"],
        nonUnit: try row["non_unit_\(place + 1)"],
        dimensions: dimensions ?? []
      )
    }
  }

  /// The vectors are read once each, since reading them is what takes the time: `OFFSET 0` keeps the
  /// planner from merging the levels, which would compute each length twice.
  private func query(_ share: Double?) -> SQLFragment {
    var counts: [SQLFragment] = ["count(*) AS rows"]
    var values: [SQLFragment] = []
    for (place, column) in columns.enumerated() {
      let number: SQLFragment = "\(literal: place + 1)"
      let name: SQLFragment = "scanned.\(ident: column.name)"
      values.append("\(unsafeRaw: naming.norm(column.storage))(\(name)) AS norm_\(number)")
      counts += [
        "count(norm_\(number)) AS vectors_\(number)",
        "count(*) FILTER (WHERE norm_\(number) = 0) AS zero_\(number)",
        """
        count(*) FILTER (WHERE norm_\(number) > 0 AND abs(norm_\(number) - 1) > 0.001) AS non_unit_\(number)
        """,
      ]
      guard column.dimension == nil else { continue }
      values.append("\(unsafeRaw: naming.vectors("vector_dims"))(\(name)) AS dimension_\(number)")
      counts.append(
        """
        array_agg(DISTINCT dimension_\(number)) FILTER (WHERE norm_\(number) IS NOT NULL) AS dimensions_\(number)
        """
      )
    }
    // Children are tables of their own here; the partitions of a partitioned table are not.
    let only: SQLFragment = state.kind == .table ? "ONLY " : ""
    let sample: SQLFragment =
      share.map { " TABLESAMPLE SYSTEM (\(unsafeRaw: Self.percent($0))) REPEATABLE (1)" } ?? ""
    return """
      SELECT \(counts.joined(separator: ",\n       "))
      FROM (
        SELECT \(values.joined(separator: ",\n         "))
        FROM \(only)\(table) AS scanned\(sample)
        OFFSET 0
      ) AS vector
      """
  }

  /// A percentage that SQL reads, without an exponent.
  private static func percent(_ share: Double) -> String {
    let millionths = max(1, Int((share * 100 * 1_000_000).rounded()))
    let decimals = String(millionths % 1_000_000)
    return "\(millionths / 1_000_000)." + String(repeating: "0", count: 6 - decimals.count)
      + decimals
  }
}

extension PostgresError {
  /// Whether one table or function is to blame, which is a finding; the end of the session, a timeout and
  /// Ctrl-C (class 57) are not.
  var isAboutWhatIsRead: Bool { origin == .server && sqlState?.conditionClass != "57" }
}
