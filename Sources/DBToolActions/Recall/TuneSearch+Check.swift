import PGCatalog
package import PQClient
import VectorSQL

extension TuneSearch {
  /// Whether what the registry has still reaches its recall.
  package struct Check: Sendable {
    /// What was searched.
    package let target: SearchTarget
    /// What the registry has.
    package let tuning: SearchTuning
    /// What it reaches now.
    package let measurement: RecallMeasurement

    /// Whether the recall that was asked for may still be that of all rows: it lies within the 95 % interval, or
    /// below.
    package var isReached: Bool { measurement.recall.high >= tuning.targetRecall }
  }

  /// Measures what the registry has with rows that are drawn anew.
  ///
  /// - Parameter db: A connection outside of a transaction.
  /// - Returns: The settings and what they reach.
  /// - Throws: ``ActionError`` where the registry has none for the index that there is; `PostgresError` from the server.
  package func check(on db: inout PQConnection) throws -> Check {
    let target = try SearchTarget.find(options, on: &db)
    let metric = options.metric ?? target.metric
    let access = IndexAccess(target.indexes, of: target.column, by: metric)
    guard let tuning = target.tuning(of: IndexKind(access.variant, by: metric)) else {
      throw ActionError(
        .configuration,
        "nothing is kept of the \(access.variant.rawValue) index on \(target.column.vector.sqlName)",
        advice:
          "measure it and keep what comes out: dbtool tune --apply \(Self.place(target, options.metric))"
      )
    }
    let subject = try Subject(options, neighbors: tuning.neighbors, on: &db)
    return try inSnapshot(of: subject, on: &db) { db throws in
      var done = 0
      let step = {
        done += 1
        events(.measuring("tune", done: done, of: 2 * request.probes))
      }
      let keys = try HeldOutProbes.draw(request.probes, from: target, seed: request.seed, on: &db)
      let held = try subject.holdingOut(keys, events: events, on: &db)
      let probes = try subject.probes(held[...], step: step, on: &db)
      let kept = tuning.setting.applied(to: subject.search)
      let measurement = try probes.measure([kept], step: step, on: &db)[0]
      return Check(target: target, tuning: tuning, measurement: measurement)
    }
  }
}
