import Testing
import VectorSQL

@Suite("Distances")
struct DistanceMetricTests {
  @Test(arguments: [
    (DistanceMetric.cosine, "cosine", "<=>", "vector_cosine_ops", "halfvec_cosine_ops"),
    (.l2, "l2", "<->", "vector_l2_ops", "halfvec_l2_ops"),
    (.innerProduct, "ip", "<#>", "vector_ip_ops", "halfvec_ip_ops"),
    (.l1, "l1", "<+>", "vector_l1_ops", "halfvec_l1_ops"),
  ])
  func `each has its operator and its operator classes`(
    metric: DistanceMetric,
    name: String,
    sqlOperator: String,
    vectorClass: String,
    halfvecClass: String
  ) {
    #expect(metric.rawValue == name)
    #expect(metric.sqlOperator == sqlOperator)
    #expect(metric.operatorClass(for: .vector) == vectorClass)
    #expect(metric.operatorClass(for: .halfvec) == halfvecClass)
    #expect(DistanceMetric.allCases.count == 4)
  }

  @Test func `similarity grows as distance shrinks`() {
    for metric in DistanceMetric.allCases {
      #expect(metric.similarity(distance: 0.25) > metric.similarity(distance: 0.5))
    }
    #expect(DistanceMetric.cosine.similarity(distance: 0) == 1)
    #expect(DistanceMetric.innerProduct.similarity(distance: -3) == 3)
    #expect(DistanceMetric.l2.similarity(distance: 1) == 0.5)
  }

  @Test func `an index has its limit of dimensions`() {
    #expect(VectorStorage.vector.maximumIndexedDimension == 2000)
    #expect(VectorStorage.halfvec.maximumIndexedDimension == 4000)
  }

  @Test(arguments: [
    (5, 40), (20, 40), (21, 42), (500, 1000), (501, 1000), (100_000, 1000), (Int.max, 1000),
    (0, 40),
    (Int.min, 40),
  ])
  func `an approximate search keeps at least twice the limit`(limit: Int, candidates: Int) {
    let settings = SearchMode.approximate(efSearchFloor: 40).settings(limit: limit)
    #expect(settings.first == SQLSetting("hnsw.ef_search", "\(candidates)"))
    // Beyond what it can keep at once it has to go on; the row searched for is one of those kept.
    let iterates = settings.contains(SQLSetting("hnsw.iterative_scan", "strict_order"))
    #expect(iterates == (limit > 500))
  }

  @Test(arguments: [
    (SearchEffort.efSearch(64), 10, ["hnsw.ef_search": "64"]),
    (.efSearch(10), 10, ["hnsw.ef_search": "10", "hnsw.iterative_scan": "strict_order"]),
    (.probes(3), 10, ["ivfflat.probes": "3"]),
    (.probes(3), 501, ["ivfflat.probes": "3", "ivfflat.iterative_scan": "relaxed_order"]),
  ])
  func `a measured search goes as far as was measured`(
    effort: SearchEffort,
    limit: Int,
    wanted: [String: String]
  ) {
    let settings = SearchMode.measured(effort).settings(limit: limit)
    #expect(Dictionary(uniqueKeysWithValues: settings.map { ($0.name, $0.value) }) == wanted)
    let preferred = SearchMode.measured(effort, preferringIndex: true).settings(limit: limit)
    #expect(preferred == settings + [SQLSetting("enable_sort", "off")])
  }

  @Test func `an exact search plans no index scan`() {
    #expect(SearchMode.exact.settings(limit: 5) == [SQLSetting("enable_indexscan", "off")])
  }
}
