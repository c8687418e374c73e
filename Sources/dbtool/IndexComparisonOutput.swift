import DBToolActions
import PGCatalog
import VectorSQL

/// Prints what a search does under each kind of index.
enum IndexComparisonOutput {
  static func print(_ comparison: CompareIndexes.Comparison, asJSON: Bool) {
    guard !asJSON else { return Console.print(json(comparison).pretty) }
    line(
      "\(comparison.target.rows.shownName), encoder \(comparison.target.column.encoder), metric "
        + "\(comparison.metric.rawValue), limit \(comparison.limit), \(Figures.count(comparison.target.vectors, "vector"))"
    )
    Console.print("")
    var table = TextTable([
      ("index", .left), ("used", .left), ("recall", .right), ("95 %", .left), ("p50 ms", .right),
      ("p95 ms", .right), ("rows", .right), ("size", .right), ("build", .right),
    ])
    for row in comparison.rows {
      guard let measurement = row.measurement else {
        table.add([row.variant.rawValue, "none", "", "", "", "", "", "", ""])
        continue
      }
      let recall = measurement.recall
      let isExact = row.variant == .exact
      table.add([
        row.variant.rawValue, isExact ? "" : row.isUsed ? "yes" : "no",
        Text.fixed(recall.mean, decimals: 3),
        isExact
          ? ""
          : "\(Text.fixed(max(0, recall.low), decimals: 3)) to \(Text.fixed(min(1, recall.high), decimals: 3))",
        Text.fixed(measurement.milliseconds(share: 0.5), decimals: 2),
        Text.fixed(measurement.milliseconds(share: 0.95), decimals: 2),
        Text.fixed(measurement.returned, decimals: 1), isExact ? "" : Figures.size(row.size),
        isExact ? "" : Text.fixed(row.buildSeconds, decimals: 1) + " s",
      ])
    }
    table.print()
    Console.print("")
    for row in comparison.rows {
      let told = row.settings.filter { $0.name.contains(".") }.map { "\($0.name) \($0.value)" }
      let notes = [row.refusal, row.note, told.isEmpty ? nil : told.joined(separator: ", ")]
      for note in notes.compactMap(\.self) { line("\(row.variant.rawValue): \(note)") }
    }
    let probes = Figures.count(comparison.probes.count, "row")
    line(
      "\(probes) that no index has seen looked for their neighbours, on a copy of the table that is gone"
    )
  }

  private static func line(_ text: String) {
    for line in Text.wrapped(text, to: min(100, max(40, Console.width))) { Console.print(line) }
  }

  private static func json(_ comparison: CompareIndexes.Comparison) -> JSON {
    .object([
      ("command", .string("explain")),
      ("table", .string(comparison.target.rows.shownName)),
      ("encoder", .string(comparison.target.column.encoder)),
      ("metric", .string(comparison.metric.rawValue)),
      ("limit", .integer(comparison.limit)),
      ("vectors", .integer(comparison.target.vectors)),
      ("probes", .array(comparison.probes.map(JSON.string))),
      ("indexes", .array(comparison.rows.map(json))),
    ])
  }

  /// With the answers themselves, so that anybody can compute the recall anew.
  private static func json(_ row: CompareIndexes.Row) -> JSON {
    let fields: [(String, JSON)] = [
      ("variant", .string(row.variant.rawValue)), ("refusal", .optional(row.refusal)),
      ("used", .bool(row.isUsed)), ("note", .optional(row.note)),
      ("settings", .object(row.settings.map { ($0.name, .string($0.value)) })),
      ("size_bytes", .integer(row.size)), ("build_seconds", .number(row.buildSeconds)),
    ]
    guard let measurement = row.measurement else { return .object(fields) }
    return .object(
      fields + TuneOutput.measured(measurement).filter { $0.0 != "probes" } + [
        ("rows", .number(measurement.returned)),
        (
          "answers",
          .array(measurement.answers.map { .array($0.keys.map { .string($0.description) }) })
        ),
      ]
    )
  }
}
