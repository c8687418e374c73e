package import PQClient
import VectorSQL

/// What another setting of a search's index would change, measured with other probes of its kind: rows for a row,
/// subjects for a subject.
package struct SearchAdvice: Sendable {
  /// The setting, as a person says it: `hnsw.ef_search 400`.
  package let setting: String
  /// The recall now and with it.
  package let recalls: (now: Double, then: Double)
  /// How much recall that is more; nil where the 95 % interval spans zero.
  package let gain: Estimate?
  /// How many milliseconds it takes more.
  package let milliseconds: Estimate
  /// How many rows were the probes.
  package let probes: Int

  /// So much recall is given up for time.
  private static let negligibleLoss = 0.005

  /// Tries settings around those of a search.
  ///
  /// What is dearer is told where it finds more, and what is cheaper where it is faster and finds as much; nothing is
  /// told where the 95 % interval of that spans zero.
  ///
  /// - Parameters:
  ///   - query: The search.
  ///   - probes: How many of them.
  ///   - progress: Told how many statements have run, of how many.
  ///   - db: A connection outside of a transaction.
  /// - Returns: What is worth telling; nothing where no index serves the search.
  /// - Throws: `PostgresError` from the server.
  package static func measure(
    _ query: NeighborQuery,
    probes: Int,
    progress: (_ done: Int, _ of: Int) -> Void,
    on db: inout PQConnection
  ) throws -> [SearchAdvice] {
    let ways = [query.search] + query.search.neighboringWays
    guard ways.count > 1, !query.isHybrid else { return [] }
    try db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    defer { _ = try? db.execute("ROLLBACK") }
    let keys = try others(like: query, count: probes, on: &db)
    guard !keys.isEmpty else { return [] }
    var done = 0
    let step = {
      done += 1
      progress(done, keys.count * (ways.count + 1))
    }
    let held = try HeldOutProbes(keys, for: query.search, step: step, on: &db)
    guard try held.index(serving: query.search, on: &db) != nil else { return [] }
    let measured = try held.measure(ways, step: step, on: &db)
    return zip(ways, measured).dropFirst().compactMap { way, other in
      guard other.index != nil else { return nil }
      let difference = other.difference(from: measured[0])
      let isDearer = way.breadth > query.search.breadth
      let (recall, time) = difference
      let isWorthIt =
        isDearer ? recall.low > 0 : time.high < 0 && recall.mean >= -negligibleLoss
      guard isWorthIt else { return nil }
      return SearchAdvice(
        setting: way.shownBreadth,
        recalls: (measured[0].recall.mean, other.recall.mean),
        gain: recall.spansZero ? nil : recall,
        milliseconds: time,
        probes: other.answers.count
      )
    }
  }
}

extension SearchAdvice {
  /// Other probes of the same kind; none where nobody knows what else would be searched for.
  private static func others(
    like query: NeighborQuery,
    count: Int,
    on db: inout PQConnection
  ) throws -> [HeldOutProbes.Key] {
    switch query.search.probe {
    case .row: try HeldOutProbes.draw(count, from: query.target, seed: 0, on: &db)
    case .profile(let profile):
      try HeldOutProbes.draw(count, like: profile, seed: 0, on: &db)
    case .vector, .expression, .mean: []
    }
  }
}

extension NearestNeighbors {
  /// The settings that decide how far the index is searched.
  fileprivate var breadth: Int {
    let names = ["hnsw.ef_search", "ivfflat.probes"]
    return settings.first { names.contains($0.name) }.flatMap { Int($0.value) } ?? 0
  }

  fileprivate var shownBreadth: String {
    let isGraph = settings.contains { $0.name == "hnsw.ef_search" }
    let setting = (isGraph ? "hnsw.ef_search " : "ivfflat.probes ") + String(breadth)
    return setting + (firstStage.map { ", \($0.candidates) candidates" } ?? "")
  }

  /// The same search half as far through its index, twice and four times as far.
  fileprivate var neighboringWays: [NearestNeighbors] {
    let all = [breadth / 2, 2 * breadth, 4 * breadth]
    switch mode {
    case .exact: return []
    case .probing(let lists, _):
      return all.filter { (1..<lists).contains($0) }.map {
        self.mode(.measured(.probes($0), preferringIndex: mode.prefersIndex))
      }
    case .measured(.probes, _):
      return all.filter { $0 > 0 }.map {
        self.mode(.measured(.probes($0), preferringIndex: mode.prefersIndex))
      }
    case .approximate, .measured(.efSearch, _):
      return all.filter { (1...1000).contains($0) }.map { candidates in
        let way = self.mode(.measured(.efSearch(candidates), preferringIndex: mode.prefersIndex))
        guard let firstStage else { return way }
        let share = Double(candidates) / Double(breadth)
        let passed = max(limit, Int(Double(firstStage.candidates) * share))
        return way.firstStage(.init(firstStage.copy, candidates: passed))
      }
    }
  }
}
