import DBToolActions
import PGCatalog
import VectorSQL

/// Prints the curve of recall and time, and what was chosen of it.
enum TuneOutput {
  static func print(
    _ outcome: TuneSearch.Outcome,
    _ request: TuneSearch.Request,
    isKept: Bool,
    _ format: FormatOption.Format
  ) {
    guard format == .table else { return Console.print(json(outcome, request, isKept).pretty) }
    let rows = outcome.best.measurement.answers.count
    let heading =
      "\(outcome.target.rows.shownName), encoder \(outcome.target.column.encoder), metric \(outcome.metric.rawValue), "
      + "index \(outcome.index), \(Figures.count(request.neighbors, "neighbour"))"
    for line in Text.wrapped(heading, to: width) { Console.print(line) }
    Console.print("")
    curve(outcome, request)
    Console.print("")
    let verb = outcome.isReached ? "" : "only "
    entry(
      "tuned",
      "\(told(outcome.settings, outcome.best.setting.candidates)): recall \(verb)"
        + "\(interval(outcome.best.measurement)) with \(Figures.count(rows, "other row"))"
    )
    entry(
      "now",
      "\(told(outcome.present.settings, nil)): recall \(interval(outcome.present.measurement))"
    )
    entry(
      "queries",
      "\(Figures.grouped(outcome.queries)) of the index; a full grid takes "
        + Figures.grouped(outcome.gridQueries)
    )
    let median = { (measurement: RecallMeasurement) in measurement.milliseconds(share: 0.5) }
    if median(outcome.exact) < median(outcome.best.measurement) {
      entry("but", "comparing every row is faster, and misses nothing: dbtool index use exact")
    }
    if isKept {
      if let kept = outcome.kept, kept.neighbors > request.neighbors {
        entry(
          "instead",
          "of \(shown(kept.setting)), which was kept for up to \(kept.neighbors) neighbours: --k \(kept.neighbors) measures "
            + "these"
        )
      }
      entry("kept", "in the registry: searches for up to \(request.neighbors) of all rows take it")
    } else if !outcome.isReached {
      entry(
        "remedy",
        "no setting of this index reaches \(request.targetRecall): ask for less, or build one that finds more; see "
          + "dbtool explain --compare-indexes"
      )
    } else if outcome.target.encoder != nil {
      entry("next", "--apply keeps it in the registry, where searches take it")
    }
  }

  static func print(_ checks: [TuneSearch.Check], _ format: FormatOption.Format) {
    guard format == .table else {
      let fields: [(String, JSON)] = [
        ("command", .string("tune")), ("reached", .bool(checks.allSatisfy { $0.isReached })),
        ("checks", .array(checks.map(json))),
      ]
      return Console.print(JSON.object(fields).pretty)
    }
    for check in checks {
      entry(
        "kept",
        "\(shown(check.tuning.setting)) for a recall of \(check.tuning.targetRecall) in "
          + "\(check.target.rows.shownName), encoder \(check.target.column.encoder), metric \(check.metric.rawValue)"
      )
      let rows = Figures.count(check.measurement.answers.count, "row")
      let verdict =
        check.isReached ? "as it should" : "too little; dbtool tune --apply finds other settings"
      entry("now", "recall \(interval(check.measurement)) with \(rows): \(verdict)")
    }
  }

  // MARK: The curve

  /// A bar for each setting, from the least recall to all; the upright line is the recall that was asked for.
  private static func curve(_ outcome: TuneSearch.Outcome, _ request: TuneSearch.Request) {
    let best = outcome.best.setting
    let hasCandidates = best.candidates != nil
    let columns = width - (hasCandidates ? 51 : 39)
    let least = outcome.curve.map(\.measurement.recall.mean).min() ?? 0
    let floor = min(0.9, (least * 10).rounded(.down) / 10)
    Console.print(
      Console.bold(
        line(
          best.name,
          hasCandidates ? "candidates" : nil,
          "recall",
          axis(floor, columns),
          "p50 ms",
          "p95 ms",
          columns
        )
      )
    )
    for point in outcome.curve {
      let isBest = point.setting == best
      let recall = point.measurement.recall.mean
      let text = line(
        (isBest ? "> " : "") + String(point.setting.value),
        hasCandidates ? String(point.setting.candidates ?? 0) : nil,
        Text.fixed(recall, decimals: 3),
        bar(recall, floor, request.targetRecall, columns),
        Text.fixed(point.measurement.milliseconds(share: 0.5), decimals: 2),
        Text.fixed(point.measurement.milliseconds(share: 0.95), decimals: 2),
        columns
      )
      Console.print(isBest ? Console.bold(text) : text)
    }
    Console.print(
      line(
        "exact",
        hasCandidates ? "" : nil,
        "1.000",
        bar(1, floor, request.targetRecall, columns),
        Text.fixed(outcome.exact.milliseconds(share: 0.5), decimals: 2),
        Text.fixed(outcome.exact.milliseconds(share: 0.95), decimals: 2),
        columns
      )
    )
  }

  private static func line(
    _ setting: String,
    _ candidates: String?,
    _ recall: String,
    _ bar: String,
    _ median: String,
    _ slow: String,
    _ columns: Int
  ) -> String {
    let right = { (text: String, width: Int) in
      String(repeating: " ", count: max(0, width - Text.width(text))) + text
    }
    return right(setting, 9) + (candidates.map { right($0, 12) } ?? "") + right(recall, 8) + "  "
      + Text.padded(bar, to: columns) + right(median, 10) + right(slow, 10)
  }

  private static func axis(_ floor: Double, _ columns: Int) -> String {
    let left = Text.fixed(floor, decimals: 1)
    return left + String(repeating: " ", count: max(1, columns - Text.width(left) - 1)) + "1"
  }

  private static func bar(_ recall: Double, _ floor: Double, _ target: Double, _ columns: Int)
    -> String
  {
    let place = { (share: Double) in
      Int((Double(columns) * max(0, share - floor) / (1 - floor)).rounded())
    }
    let (end, mark) = (place(recall), min(columns - 1, place(target)))
    return String((0..<columns).map { $0 == mark ? "│" : $0 < end ? "█" : " " as Character })
  }

  // MARK: Words

  /// What the index is told; the planner's own settings are the same for all.
  private static func told(_ settings: [SQLSetting], _ candidates: Int?) -> String {
    let told = settings.filter { $0.name.contains(".") }.map { "\($0.name) \($0.value)" }
    return (told + (candidates.map { ["\($0) candidates"] } ?? [])).joined(separator: ", ")
  }

  private static func shown(_ setting: IndexSetting) -> String {
    "\(setting.name) \(setting.value)" + (setting.candidates.map { ", \($0) candidates" } ?? "")
  }

  private static func interval(_ measurement: RecallMeasurement) -> String {
    let recall = measurement.recall
    let ends = [recall.low, min(1, recall.high)].map { Text.fixed($0, decimals: 3) }
    return
      "\(Text.fixed(recall.mean, decimals: 3)) (95 %: \(ends[0]) to \(ends[1])), p50 "
      + "\(Text.fixed(measurement.milliseconds(share: 0.5), decimals: 2)) ms"
  }

  /// A name and a text beside it, wrapped.
  private static func entry(_ name: String, _ text: String) {
    for (place, line) in Text.wrapped(text, to: width - 9).enumerated() {
      Console.print(Text.padded(place == 0 ? name : "", to: 9) + line)
    }
  }

  private static var width: Int { min(100, max(40, Console.width)) }

  // MARK: JSON

  private static func json(
    _ outcome: TuneSearch.Outcome,
    _ request: TuneSearch.Request,
    _ isKept: Bool
  ) -> JSON {
    let fields: [(String, JSON)] = [
      ("command", .string("tune")), ("table", .string(outcome.target.rows.shownName)),
      ("encoder", .string(outcome.target.column.encoder)),
      ("metric", .string(outcome.metric.rawValue)),
      ("variant", .string(outcome.variant.rawValue)), ("index", .string(outcome.index)),
      ("k", .integer(request.neighbors)), ("target_recall", .number(request.targetRecall)),
      ("reached", .bool(outcome.isReached)), ("applied", .bool(isKept)),
      ("setting", json(outcome.best.setting)),
      ("settings", .object(outcome.settings.map { ($0.name, .string($0.value)) })),
    ]
    let more: [(String, JSON)] = [
      ("seed", .integer(request.seed)), ("queries", .integer(outcome.queries)),
      ("grid_queries", .integer(outcome.gridQueries)),
      (
        "now",
        .object(
          [("settings", .object(outcome.present.settings.map { ($0.name, .string($0.value)) }))]
            + measured(outcome.present.measurement)
        )
      ),
      ("exact", .object(measured(outcome.exact))),
      (
        "curve",
        .array(
          outcome.curve.map { point in
            .object(
              [("setting", json(point.setting))] + measured(point.measurement)
            )
          }
        )
      ),
    ]
    return .object(fields + measured(outcome.best.measurement) + more)
  }

  private static func json(_ check: TuneSearch.Check) -> JSON {
    let fields: [(String, JSON)] = [
      ("table", .string(check.target.rows.shownName)),
      ("encoder", .string(check.target.column.encoder)),
      ("metric", .string(check.metric.rawValue)),
      ("index", .optional(check.index)), ("k", .integer(check.tuning.neighbors)),
      ("target_recall", .number(check.tuning.targetRecall)),
      ("kept_recall", .number(check.tuning.recall)),
      ("setting", json(check.tuning.setting)),
      ("reached", .bool(check.isReached)),
    ]
    return .object(fields + measured(check.measurement))
  }

  private static func json(_ setting: IndexSetting) -> JSON {
    .object(
      [(setting.name, .integer(setting.value))]
        + (setting.candidates.map { [("candidates", .integer($0))] } ?? [])
    )
  }

  /// The fields of a measurement, wherever one stands.
  static func measured(_ measurement: RecallMeasurement) -> [(String, JSON)] {
    let recall = measurement.recall
    return [
      ("recall", .number(recall.mean)), ("recall_low", .number(recall.low)),
      ("recall_high", .number(min(1, recall.high))),
      ("p50_ms", .number(measurement.milliseconds(share: 0.5))),
      ("p95_ms", .number(measurement.milliseconds(share: 0.95))),
      ("probes", .integer(measurement.answers.count)),
    ]
  }
}
