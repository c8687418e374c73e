/// The mean of a sample with its 95 % interval.
package struct Estimate: Sendable, Hashable {
  /// The mean.
  package let mean: Double
  /// Half the width of the interval: 1.96 standard errors, the normal approximation.
  package let halfWidth: Double

  /// The lower end of the interval.
  package var low: Double { mean - halfWidth }
  /// The upper end of the interval.
  package var high: Double { mean + halfWidth }
  /// Whether the interval leaves it open on which side of zero the mean is.
  package var spansZero: Bool { low <= 0 && high >= 0 }

  /// Estimates from a sample; of nothing there is no number.
  package init(_ sample: [Double]) {
    let count = Double(sample.count)
    let mean = sample.reduce(0, +) / count
    let squares = sample.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.mean = mean
    halfWidth = sample.count < 2 ? .infinity : 1.96 * (squares / (count - 1) / count).squareRoot()
  }
}

/// What one way to search found of the exact answers, and how long it took, probe by probe.
package struct RecallMeasurement: Sendable {
  /// The answer to one probe.
  package struct Answer: Sendable {
    /// The share of the exact answer that it has, 0 to 1.
    package let recall: Double
    /// The round trip of the statement, in milliseconds.
    package let milliseconds: Double
    /// The keys of its rows, nearest first.
    package let keys: [RowKey]
  }

  /// The index that served, nil where every row was compared.
  package let index: String?
  /// The answers, in the order of the probes.
  package let answers: [Answer]

  /// Recall: the mean share of the exact answers' rows that came.
  package var recall: Estimate { Estimate(answers.map(\.recall)) }

  /// Whether the recall is so high; what adding up shares leaves out in the last digits does not count.
  package func reaches(_ target: Double) -> Bool { recall.mean >= target - 1e-9 }

  /// The rows that came, on average.
  package var returned: Double {
    Double(answers.reduce(0) { $0 + $1.keys.count }) / Double(answers.count)
  }

  /// The milliseconds within which a share of the statements ended: 0.5 for the median.
  package func milliseconds(share: Double) -> Double {
    let sorted = answers.map(\.milliseconds).sorted()
    guard let last = sorted.last else { return .nan }
    let place = Int((share * Double(sorted.count)).rounded(.up)) - 1
    return sorted.indices.contains(place) ? sorted[place] : last
  }

  /// How much more recall, and how many more milliseconds, than another way took for the same probes.
  package func difference(from other: RecallMeasurement) -> (
    recall: Estimate, milliseconds: Estimate
  ) {
    let pairs = zip(answers, other.answers)
    return (
      Estimate(pairs.map { $0.recall - $1.recall }),
      Estimate(pairs.map { $0.milliseconds - $1.milliseconds })
    )
  }
}
