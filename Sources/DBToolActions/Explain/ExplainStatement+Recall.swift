import PQClient
import PlanVerdict
import VectorSQL

extension ExplainStatement {
  /// Compares the rows with those of the exact answer, in this transaction's snapshot.
  ///
  /// - Parameters:
  ///   - explained: The plan.
  ///   - rehearsal: Runs the statement.
  ///   - db: The connection, in the statement's transaction.
  /// - Returns: How many of the exact answer's rows came.
  /// - Throws: ``ActionError`` where rows cannot be compared; `PostgresError` from the server.
  func recall(
    of explained: ExplainedStatement,
    _ rehearsal: Rehearsal,
    on db: inout PQConnection
  ) throws -> Explanation.Recall {
    guard !explained.plan.isAggregated else {
      throw ActionError(
        .usage,
        "--recall compares rows, and this statement returns sums of them",
        advice: "explain the search within it"
      )
    }
    let rows = try rehearsal.run(statement.text, on: &db).get()
    let again = try rehearsal.run(statement.text, on: &db).get()
    let columns = try Self.compared(rows, again, explained)
    let all: PQResult
    if let exact {
      let back = statement.settings.map {
        SQLStatement("RESET \(unsafeRaw: $0.name)" as SQLFragment)
      }
      let other = Rehearsal(types: exact.binds.map(\.type.name), binds: exact.binds)
      let settings = back + exact.settings.map { SQLStatement($0) }
      all = try other.run(exact.text, settings: settings, on: &db).get()
    } else {
      let off = SQLStatement(SQLSetting("enable_indexscan", "off"))
      all = try rehearsal.run(statement.text, settings: [off], on: &db).get()
    }
    var left = rows.counts(of: columns)
    var found = 0
    for row in 0..<all.count {
      let key = all.key(ofRow: row, columns: columns)
      if let count = left[key], count > 0 {
        left[key] = count - 1
        found += 1
      }
    }
    return Explanation.Recall(found: found, exact: all.count)
  }

  /// The columns that tell rows apart: no distances, whose last digits depend on the way to them, and nothing
  /// that is another in each run, as the time is.
  private static func compared(
    _ rows: PQResult,
    _ again: PQResult,
    _ explained: ExplainedStatement
  ) throws -> [Int] {
    var columns: [Int] = []
    for column in rows.columns.indices {
      let isSame = rows.counts(of: [column]) == again.counts(of: [column])
      switch explained.column(column) {
      case .stored where !isSame:
        throw ActionError(
          .usage,
          "--recall compares rows, and this statement gives others each time it runs",
          advice: "explain the search without what is volatile in it"
        )
      case .stored: columns.append(column)
      case .computed where isSame && !numbers.contains(rows.typeOID(ofColumn: column)):
        columns.append(column)
      case .computed, .distance: break
      }
    }
    guard !columns.isEmpty else {
      throw ActionError(
        .usage,
        "--recall compares rows, and no column of this statement tells them apart",
        detail: "distances and what differs from run to run are left out",
        advice: "select the key as well"
      )
    }
    return columns
  }

  /// Types that a distance may have: `real`, `double precision`, `numeric`.
  private static let numbers: Set<UInt32> = [700, 701, 1700]
}

extension PQResult {
  /// How often each combination of values is there.
  fileprivate func counts(of columns: [Int]) -> [[UInt8]: Int] {
    var counts: [[UInt8]: Int] = [:]
    for row in 0..<count { counts[key(ofRow: row, columns: columns), default: 0] += 1 }
    return counts
  }
}
