import DBToolActions
import VectorSQL

/// Prints the answer of a nearest-neighbour command.
struct NeighborOutput {
  let command: String
  let answer: NeighborAnswer
  let timing: Bool

  func print(_ format: FormatOption.Format) throws {
    switch format {
    case .json: Console.print(json.pretty)
    case .table: table()
    }
    if answer.coverage < 0.95 {
      let share = Text.fixed(answer.coverage * 100, decimals: 1)
      Console.note(
        "dbtool: only \(share) % of \(answer.table) has a vector of encoder "
          + "\"\(answer.encoder)\"" + (answer.fill.map { ": " + $0 } ?? "")
      )
    }
  }

  private func table() {
    let hasReasons = answer.rows.contains { !$0.because.isEmpty }
    var table = TextTable(
      [("#", .right), ("distance", .right), ("title", .left)]
        + (hasReasons ? [("because", .left)] : [])
    )
    for (index, row) in answer.rows.enumerated() {
      let reasons = row.because.map { "\($0.title) (\(Text.fixed($0.distance, decimals: 3)))" }
      table.add(
        [String(index + 1), Text.fixed(row.distance, decimals: 4), row.title]
          + (hasReasons ? [reasons.joined(separator: ", ")] : [])
      )
    }
    if !answer.rows.isEmpty { table.print() }
    if let why = answer.why {
      Console.print("\(answer.rows.count) of \(answer.requested) rows: \(why)")
    }
    let served = answer.execution.index.map { "index \($0)" } ?? "exact"
    let coverage = Text.fixed(answer.coverage * 100, decimals: 1)
    Console.print(
      "encoder \(answer.encoder), metric \(answer.metric.rawValue), \(served), "
        + "coverage \(coverage) %"
    )
    if timing {
      Console.print("time \(Text.fixed(answer.execution.milliseconds, decimals: 1)) ms")
    }
  }

  private var json: JSON {
    let execution = answer.execution
    return .object([
      ("command", .string(command)),
      ("table", .string(answer.table)),
      ("encoder", .string(answer.encoder)),
      ("metric", .string(answer.metric.rawValue)),
      ("requested", .integer(answer.requested)),
      ("returned", .integer(answer.rows.count)),
      ("complete", .bool(answer.isComplete)),
      ("why", .optional(answer.why)),
      ("exact", .bool(execution.isExact)),
      ("coverage", .number(answer.coverage)),
      ("index", .optional(execution.index)),
      ("index_why", .optional(execution.indexReason)),
      (
        "rows",
        .array(answer.rows.enumerated().map { Self.row($0.offset + 1, $0.element, answer.metric) })
      ),
      ("sql", .string(execution.statement.text)),
      ("binds", .array(execution.statement.binds.map(Self.bind))),
      ("settings", .object(execution.settings.map { ($0.name, .string($0.value)) })),
      ("timing", .object([("milliseconds", .number(execution.milliseconds))])),
    ])
  }

  /// A row of an answer.
  static func row(_ rank: Int, _ row: NeighborAnswer.Row, _ metric: DistanceMetric) -> JSON {
    .object(
      [
        ("rank", .integer(rank)),
        ("id", key(row.id)),
        ("title", .string(row.title)),
        ("description", .optional(row.text)),
        ("distance", .number(row.distance)),
        ("similarity", .number(metric.similarity(distance: row.distance))),
      ] + (row.score.map { [("score", .number($0))] } ?? []) + [
        ("because", .array(row.because.map(reason)))
      ]
    )
  }

  private static func reason(_ reason: NeighborAnswer.Reason) -> JSON {
    .object([
      ("id", key(reason.id)),
      ("title", .string(reason.title)),
      ("distance", .number(reason.distance)),
    ])
  }

  static func key(_ key: RowKey) -> JSON {
    switch key {
    case .integer(let number): .integer(number)
    case .text(let text): .string(text)
    }
  }

  static func bind(_ bind: SQLBind) -> JSON {
    .object([("type", .string(bind.type.name)), ("value", .optional(bind.text))])
  }
}
