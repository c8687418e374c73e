import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: IVFFlat indexes of other data", .timeLimit(.minutes(30)))
struct CommandLineIndexStalenessTests {
  @Test(.temporaryDatabase) func `lists of fewer rows are stale, and rebuilt`() async throws {
    let database = try TestDatabase.current
    try database.makeProducts(2500)
    _ = try await database.index("use", "ivfflat")
    #expect(try await database.indexList().first?.stale == false)
    // ANALYZE counts the index's rows anew, and so forgets what PostgreSQL knew of its build.
    try database.addProducts(2501...5200)
    let stale = try #require(try await database.indexList().first)
    #expect(stale.stale && stale.rows_at_build == 2500 && stale.rows == 5200)
    let doctor = try await database.dbtool("doctor", "--table", "shop.\"Product Items\"")
    #expect(doctor.stdout.contains("was built from 2,500 vectors"), "\(doctor)")
    let rebuilt = try await database.index("rebuild", "-e")
    #expect(
      rebuilt.stdout == "rebuilt index Product Items_The Vector_ivfflat_cosine\n",
      "\(rebuilt)"
    )
    #expect(rebuilt.stderr.contains("SET (lists = 5)"), "\(rebuilt)")
    let fresh = try #require(try await database.indexList().first)
    #expect(!fresh.stale && fresh.rows_at_build == 5200)
  }

  /// What people copy: the index first, with lists for the rows to come, and then the rows.
  @Test(.temporaryDatabase)
  func `an index that was built on nothing finds little, until it is built again`()
    async throws
  {
    let database = try TestDatabase.current
    var db = try database.connect()
    try db.executeScript(
      """
      SET client_min_messages = error;
      CREATE EXTENSION vector;
      CREATE TABLE item (id int PRIMARY KEY, e vector(128));
      CREATE INDEX copied ON item USING ivfflat (e vector_cosine_ops) WITH (lists = 100);
      SELECT setseed(0.5);
      INSERT INTO item
      SELECT n, (
        SELECT array_agg(sin((1 + n % 300) * j * j * 0.7 + j) + 2 * random() - 1 ORDER BY j)
        FROM generate_series(1, 128) AS j
      )::vector
      FROM generate_series(1, 6000) AS n;
      ANALYZE item;
      """
    )
    let before = try recall(on: &db)
    let column = ["--table", "item", "--encoder", "e"]
    let rebuilt = try await database.dbtool(["index", "rebuild", "--index", "copied"] + column)
    #expect(rebuilt.status == 0, "\(rebuilt)")
    let after = try recall(on: &db)
    #expect(before < 0.6 && after > 0.95, "\(before), \(after)")

    // Ours is never built like that.
    try db.executeScript("DROP INDEX copied; TRUNCATE item")
    let ours = try await database.dbtool(["index", "use", "ivfflat"] + column)
    expectRefusal(ours, 64, says: "too few for IVFFlat")
    #expect(try database.approximateIndexes() == [])
  }

  /// The share of the true neighbours that the plain SQL finds.
  private func recall(on db: inout PQConnection) throws -> Double {
    var found = 0
    let probes = Array(stride(from: 7, through: 6000, by: 150))
    try db.execute("BEGIN")
    for probe in probes {
      let nearest: SQLFragment = """
        SELECT id FROM item ORDER BY e <=> (SELECT e FROM item WHERE id = \(probe)) LIMIT 10
        """
      try db.executeScript("SET LOCAL enable_indexscan = off; SET LOCAL enable_seqscan = on")
      let exact = Set(try db.query(nearest).map { try $0[0] as Int })
      try db.executeScript("SET LOCAL enable_indexscan = on; SET LOCAL enable_seqscan = off")
      found += Set(try db.query(nearest).map { try $0[0] as Int }).intersection(exact).count
    }
    try db.execute("ROLLBACK")
    return Double(found) / Double(10 * probes.count)
  }
}
