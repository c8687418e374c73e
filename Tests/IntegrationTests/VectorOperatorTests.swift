import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("Operators and operator classes", .temporaryVectorDatabase)
struct VectorOperatorTests {
  /// What HNSW can be built with on this server: type, operator, operator class.
  private func served() throws -> Set<[String]> {
    var db = try TestDatabase.current.connect()
    let rows = try db.query(
      """
      SELECT format_type(c.opcintype, NULL) AS type, o.oprname::text AS operator, c.opcname::text AS class
      FROM pg_opclass AS c
      JOIN pg_am AS m ON m.oid = c.opcmethod AND m.amname = 'hnsw'
      JOIN pg_amop AS a ON a.amopfamily = c.opcfamily AND a.amoplefttype = c.opcintype
      JOIN pg_operator AS o ON o.oid = a.amopopr
      """
    )
    return Set(try rows.map { [try $0["type"], try $0["operator"], try $0["class"]] })
  }

  @Test func `the one table of them is the server's`() throws {
    let served = try served()
    for metric in DistanceMetric.allCases {
      for storage in VectorStorage.allCases {
        let row = [storage.rawValue, metric.sqlOperator, metric.operatorClass(for: storage)]
        #expect(served.contains(row), "\(row)")
      }
    }
    for metric in BitDistance.allCases {
      #expect(served.contains(["bit", metric.sqlOperator, metric.operatorClass]), "\(metric)")
    }
    // Nothing that HNSW serves is missing but for sparse vectors.
    #expect(served.count { $0[0] != "sparsevec" } == 4 * 2 + 2)
  }
}
