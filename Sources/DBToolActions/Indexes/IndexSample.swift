#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif
import PGCatalog
import PQClient
import VectorSQL

/// What building an index takes, found out with a few thousand of the rows: in a temporary table, in a transaction that
/// is rolled back.
struct IndexSample: Sendable, Hashable {
  /// The rows that were indexed.
  let rows: Int
  /// The seconds that took.
  let buildSeconds: Double
  /// The seconds that one more row took.
  let insertSeconds: Double

  /// So many rows are indexed.
  private static let size = 3000
  /// So many are put into the index afterwards.
  private static let inserts = 200
  /// Fewer tell nothing.
  private static let fewest = 50

  /// The seconds to build an index on so many rows, by one process.
  ///
  /// A graph is searched for each row that is put into it, which takes the logarithm of its size; the lists of an
  /// IVFFlat index are compared with each row.
  func buildSeconds(of kind: IndexKind, rows all: Int) -> Double {
    let share = Double(all) / Double(max(1, rows))
    return kind.variant == .ivfflat ? buildSeconds * share : buildSeconds * share * growth(all)
  }

  /// The seconds that each UPDATE of a row costs afterwards.
  func insertSeconds(of kind: IndexKind, rows all: Int) -> Double {
    kind.variant == .ivfflat ? insertSeconds : insertSeconds * growth(all)
  }

  private func growth(_ all: Int) -> Double {
    log(Double(max(2, all))) / log(Double(max(2, rows)))
  }

  /// Builds the index on a sample.
  ///
  /// - Parameters:
  ///   - kind: The index's kind.
  ///   - column: The column.
  ///   - vectors: How many rows have a vector.
  ///   - lists: The lists of an IVFFlat index.
  ///   - db: A connection outside a transaction.
  /// - Returns: nil where the rows are too few to tell.
  /// - Throws: `PostgresError` from the server.
  static func take(
    _ kind: IndexKind,
    on column: VectorColumn,
    vectors: Int,
    lists: Int,
    on db: inout PQConnection
  ) throws -> IndexSample? {
    guard vectors >= fewest else { return nil }
    let held = min(inserts, vectors / 5)
    let wanted = min(size, vectors - held)
    try db.execute("BEGIN READ WRITE")
    defer { _ = try? db.execute("ROLLBACK") }
    let share = min(100, 150 * Double(wanted + held) / Double(vectors))
    let name = SQLIdentifier("dbtool_sample")
    try db.execute(
      """
      CREATE TEMPORARY TABLE dbtool_drawn ON COMMIT DROP AS
      SELECT row_number() OVER () AS place, \(ident: column.name)
      FROM \(column.holder) TABLESAMPLE BERNOULLI (\(unsafeRaw: String(share)))
      WHERE \(ident: column.name) IS NOT NULL
      LIMIT \(literal: wanted + held)
      """
    )
    let rows = try db.execute(
      """
      CREATE TEMPORARY TABLE dbtool_sample ON COMMIT DROP AS
      SELECT \(ident: column.name) FROM dbtool_drawn WHERE place > \(literal: held)
      """
    )
    guard rows >= min(fewest, wanted) / 2,
      let create = kind.definition(
        index: "dbtool_sample_index",
        column: column,
        in: name,
        lists: max(1, min(lists, rows / 10))
      )
    else { return nil }
    let clock = ContinuousClock()
    // A temporary table has no other readers, and a transaction no concurrent building.
    let plain = create.replacing("INDEX CONCURRENTLY", with: "INDEX", maxReplacements: 1)
    try db.execute("SET LOCAL client_min_messages = error")
    let building = try clock.measure { try db.executeScript(plain) }
    var added = 0
    let adding = try clock.measure {
      added = try db.execute(
        """
        INSERT INTO dbtool_sample
        SELECT \(ident: column.name) FROM dbtool_drawn WHERE place <= \(literal: held)
        """
      )
    }
    return IndexSample(
      rows: rows,
      buildSeconds: building / .seconds(1),
      insertSeconds: adding / .seconds(1) / Double(max(1, added))
    )
  }
}
