package import PGCatalog
package import VectorSQL

/// Why a statement is served by an approximate index, or by none.
package struct Verdict: Sendable {
  /// The causes, by the names that JSON has for them.
  package enum Cause: String, Sendable, CaseIterable {
    /// An approximate index was read in the order of the distance.
    case served
    /// Nothing is ordered by a distance.
    case noSearch = "no_search"
    /// A distance is compared with a threshold, and nothing is ordered by it.
    case noOrder = "no_order"
    /// The order is descending.
    case descending
    /// The distance is only a part of what is ordered by, as in `1 - distance`.
    case expression
    /// A function stands where pgvector's operator must.
    case function
    /// Something else comes before the distance in ORDER BY.
    case notFirst = "not_first"
    /// The column has no approximate index.
    case noIndex = "no_index"
    /// The index that would serve is not valid.
    case invalidIndex = "invalid_index"
    /// The indexes of the column serve another operator.
    case wrongOperator = "wrong_operator"
    /// The index is on an expression that the statement does not use.
    case castMissing = "cast_missing"
    /// The index holds only some rows, and the statement does not ask for those alone.
    case partialIndex = "partial_index"
    /// What is searched for comes from a join.
    case joinProbe = "join_probe"
    /// What is searched for comes from a volatile function.
    case volatileProbe = "volatile_probe"
    /// There is no LIMIT.
    case noLimit = "no_limit"
    /// What is ordered are no rows of the table: they are grouped or sampled first.
    case derivedRows = "derived_rows"
    /// Index scans are switched off in this session.
    case switchedOff = "switched_off"
    /// The filter leaves so few rows that comparing all of them costs less.
    case selectiveFilter = "selective_filter"
    /// The table is so small that comparing all rows costs less.
    case smallTable = "small_table"
    /// The planner takes another plan for cheaper.
    case cheaper
    /// No plan of this statement reads the index, and none of the other causes is it.
    case unknown
  }

  /// The cause.
  package let cause: Cause
  /// The index that served, or that would.
  package let index: TableIndex?
  /// One sentence with the facts.
  package let sentence: String
  /// Statements that put it right where the statement itself is not to blame.
  package let remedies: [String]
  /// The planner's cost of the plan that it chose.
  package let cost: Double
  /// The planner's cost of a plan that reads an approximate index; nil where there is none.
  package let indexCost: Double?
  /// What a corrected statement asks otherwise; nil where it asks the same.
  package let difference: String?
  /// The search that no index serves, where the statement has no other.
  let searched: SearchedColumn?

  /// Judges a plan.
  ///
  /// - Parameters:
  ///   - statement: The statement.
  ///   - explained: The plan as the planner chose it, with VERBOSE.
  ///   - alternative: The plan of the same statement where every other way is made expensive.
  ///   - catalogue: The tables in it.
  /// - Returns: The verdict.
  package static func judge(
    _ statement: SQLStatement,
    _ explained: ExplainedStatement,
    alternative: ExplainedStatement?,
    _ catalogue: CatalogueSnapshot
  ) -> Verdict {
    let reading = Judgement(explained, alternative, catalogue)
    let (cause, sentence, index, remedies) = reading.verdict(of: statement)
    return Verdict(
      cause: cause,
      index: index,
      sentence: sentence,
      remedies: remedies,
      cost: explained.cost,
      indexCost: reading.alternativeIndex == nil ? nil : alternative?.cost,
      difference: difference(cause, index, reading.searched),
      searched: reading.served == nil ? reading.searched : nil
    )
  }

  /// Whether indexes serve all searches of a plan, and there is one.
  package static func isServed(
    _ explained: ExplainedStatement,
    _ catalogue: CatalogueSnapshot
  ) -> Bool {
    let reading = Judgement(explained, nil, catalogue)
    return reading.served != nil && reading.searched == nil
  }

  private static func difference(
    _ cause: Cause,
    _ index: TableIndex?,
    _ searched: SearchedColumn?
  ) -> String? {
    switch cause {
    case .descending: "the nearest rows instead of the farthest"
    case .notFirst where searched?.order?.hasNullsFirst == true: "rows that have a vector alone"
    case .notFirst: "the nearest rows of all, instead of those of the first group"
    case .noLimit: "ten rows instead of all"
    case .partialIndex: index?.predicate.map { "only rows with \($0)" }
    case .wrongOperator:
      metrics(index?.metricName ?? "", searched?.distance.metric ?? "")
    case .castMissing where index?.operatorClass.hasPrefix("halfvec") != true:
      "by \(index?.expression ?? ""), coarser: take more and rank them again by the vectors"
    default: nil
    }
  }
}

extension Verdict {
  private static func metrics(_ taken: String, _ asked: String) -> String {
    let isSame = ["cosine", "l2", "ip"].contains(taken) && ["cosine", "l2", "ip"].contains(asked)
    return "by \(taken) instead of \(asked)"
      + (isSame ? " (the same order for vectors of length 1)" : "")
  }

  /// The node that reads the table that is searched, where no index serves.
  package var searchedScan: PlanNode? { searched?.scan }
}
