import PQClient
import VectorSQL

/// What an answer is short of, asked only where it is short.
struct Shortage {
  private let query: NeighborQuery
  private let found: Int
  private let execution: NeighborExecution

  init(_ query: NeighborQuery, found: Int, _ execution: NeighborExecution) {
    self.query = query
    self.found = found
    self.execution = execution
  }

  /// One sentence.
  ///
  /// - Throws: `PostgresError` from the server.
  func reason(on db: inout PQConnection) throws -> String {
    let (search, target) = (query.search, query.target)
    let encoder = target.encoder.map { "a vector of encoder \"\($0.name)\"" } ?? "a vector"
    let matching: Int = try db.query(search.countOfMatchingRows).scalar()
    if matching <= found {
      let conditions = [
        search.filter.map { _ in "where the filter holds" },
        search.seen.map { _ in "and are not seen yet" },
      ].compactMap(\.self)
      let have = { (count: Int) in
        "only \(Figures.count(count, "row")) \(count == 1 ? "has" : "have") \(encoder)"
      }
      guard conditions.isEmpty else {
        return "\(have(matching)) \(conditions.joined(separator: " "))"
      }
      return target.vectors <= found
        ? have(target.vectors) : "\(have(matching)) and can be found"
    }
    if let threshold = search.threshold, found < search.limit, execution.index == nil {
      return "no more rows are within \(threshold)"
    }
    let settings = Dictionary(
      execution.settings.map { ($0.name, $0.value) },
      uniquingKeysWith: { $1 }
    )
    if search.threshold != nil { return "no more of the nearest rows are within the distance" }
    guard let index = execution.index else {
      return "the other rows have zero vectors, which are at no distance from anything"
    }
    if let probes = settings["ivfflat.probes"] {
      return
        "index \(index) read \(probes) of its lists (ivfflat.probes); --exact compares every row"
    }
    let candidates = settings["hnsw.ef_search"] ?? "?"
    let stopped =
      settings["hnsw.iterative_scan"] == nil
      ? "after \(candidates) candidates (hnsw.ef_search)"
      : "at hnsw.max_scan_tuples"
    return "index \(index) stopped \(stopped); --exact compares every row"
  }
}
