import DBToolActions
import PGCatalog
import PlanVerdict

/// Prints the statements that cost most, each with its verdict.
struct TopStatementsOutput {
  let statements: [TopStatements.Statement]

  func print(asJSON: Bool) {
    if asJSON { return Console.print(json.pretty) }
    guard !statements.isEmpty else {
      return Console.print("no statement with a distance of pgvector was counted in this database")
    }
    let width = min(100, max(40, Console.width))
    for (place, statement) in statements.enumerated() {
      if place > 0 { Console.print("") }
      let mean = statement.totalMilliseconds / Double(max(1, statement.calls))
      Console.print(
        Console.bold(
          "\(place + 1). \(Text.fixed(statement.share * 100, decimals: 1)) % of the time, "
            + "\(Figures.count(statement.calls, "call")), \(ExplainOutput.milliseconds(mean)) each"
        )
      )
      Console.print(VectorElision.shortened(statement.sql))
      let verdict = statement.verdict.map {
        "\($0.cause.rawValue.replacing("_", with: " ")): \($0.sentence)"
      }
      let text = verdict ?? "cannot be planned: \(statement.failure ?? "")"
      for line in Text.wrapped(text, to: width - 4) { Console.print("  → " + line) }
      for remedy in statement.verdict?.remedies ?? [] { Console.print("  → " + remedy) }
      if let correction = statement.correction {
        Console.print("  → so an index \(correction.isTaken ? "serves" : "can serve") it:")
        Console.print(VectorElision.shortened(correction.sql) + ";")
      }
    }
  }

  private var json: JSON {
    .object([
      ("command", .string("explain")),
      (
        "statements",
        .array(
          statements.map { statement in
            .object([
              ("sql", .string(statement.sql)),
              ("calls", .integer(statement.calls)),
              ("total_ms", .number(statement.totalMilliseconds)),
              ("share", .number(statement.share)),
              (
                "verdict",
                statement.verdict.map { verdict in
                  .object([
                    ("cause", .string(verdict.cause.rawValue)),
                    ("sentence", .string(verdict.sentence)),
                    ("index", .optional(verdict.index?.name)),
                    ("remedies", .array(verdict.remedies.map(JSON.string))),
                    ("corrected", .optional(statement.correction?.sql)),
                  ])
                } ?? .null
              ),
              ("failure", .optional(statement.failure)),
            ])
          }
        )
      ),
    ])
  }
}
