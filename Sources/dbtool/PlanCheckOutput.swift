import DBToolActions

/// Prints which plans flipped, each with the lines that differ.
struct PlanCheckOutput {
  let outcomes: [PlanCheck.Outcome]
  let isRecording: Bool
  let version: Int

  private func status(_ outcome: PlanCheck.Outcome) -> String {
    if outcome.isKept { return "same" }
    guard outcome.kept != nil else { return isRecording ? "new" : "not kept" }
    return "flipped"
  }

  func print(asJSON: Bool) {
    if asJSON { return Console.print(json.pretty) }
    for outcome in outcomes {
      Console.print("\(Text.padded(status(outcome), to: 8))  \(Text.oneLine(outcome.path))")
      guard let kept = outcome.kept, kept != outcome.plan else { continue }
      let old = kept.split(separator: "\n")
      let new = outcome.plan.split(separator: "\n")
      for change in new.difference(from: old) {
        switch change {
        case .remove(_, let line, _): Console.print("  - \(line)")
        case .insert(_, let line, _): Console.print("  + \(line)")
        }
      }
    }
    if !isRecording, outcomes.contains(where: { $0.kept == nil }) {
      Console.note("dbtool: keep the plans of PostgreSQL \(version) as they are: --record")
    }
  }

  private var json: JSON {
    .object([
      ("command", .string("explain")),
      ("server", .integer(version)),
      (
        "files",
        .array(
          outcomes.map { outcome in
            .object([
              ("file", .string(outcome.path)), ("status", .string(status(outcome))),
              ("kept", .optional(outcome.kept)), ("plan", .string(outcome.plan)),
            ])
          }
        )
      ),
    ])
  }
}
