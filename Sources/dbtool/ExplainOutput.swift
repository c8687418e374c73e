import DBToolActions
import PGCatalog
import PlanVerdict
import VectorSQL

/// Prints an explanation.
struct ExplainOutput {
  private let explanation: Explanation
  private let advice: [SearchAdvice]
  private let width: Int

  init(_ explanation: Explanation, advice: [SearchAdvice]) {
    self.explanation = explanation
    self.advice = advice
    width = min(100, max(40, Console.width))
  }

  func print() {
    Console.print(VectorElision.shortened(explanation.statement.text) + ";\n")
    for (place, bind) in explanation.statement.binds.enumerated() {
      entry(
        place == 0 ? "binds" : "",
        "$\(place + 1) \(bind.type.name) = \(VectorElision.shown(bind))"
      )
    }
    let settings = explanation.settings.map { "\($0.name) = \($0.value)" }
    if !settings.isEmpty { entry("settings", settings.joined(separator: ", ")) }
    verdict()
    Console.print("")
    ExplainTree(explanation.tree, hasRun: explanation.explained.executionTime != nil, width: width)
      .print()
    Console.print("")
    if let search = explanation.search { self.search(search) }
    if let recall = explanation.recall { entry("recall", Self.text(recall)) }
    for (place, advice) in advice.enumerated() {
      entry(place == 0 ? "advice" : "", Self.text(advice))
    }
    let planning = explanation.explained.planningTime.map { "planning \(Self.milliseconds($0))" }
    let running = explanation.explained.executionTime.map { "execution \(Self.milliseconds($0))" }
    entry("time", [planning, running].compactMap(\.self).joined(separator: ", "))
  }

  private func verdict() {
    let verdict = explanation.verdict
    var text = "\(verdict.cause.rawValue.replacing("_", with: " ")): \(verdict.sentence)"
    if verdict.cause == .served, let other = explanation.otherCost {
      text +=
        "; cost \(Self.cost(verdict.cost)), against \(Self.cost(other)) with every row compared"
    } else if let other = explanation.otherCost,
      ![.smallTable, .selectiveFilter, .cheaper].contains(verdict.cause)
    {
      text += "; cost \(Self.cost(verdict.cost)), against \(Self.cost(other)) with an index"
    }
    entry("verdict", text, isBold: true)
    for (place, remedy) in verdict.remedies.enumerated() {
      entry(place == 0 ? "remedy" : "", remedy)
    }
    guard let correction = explanation.correction else { return }
    let cost = Self.cost(correction.cost)
    Console.print("")
    let costs =
      correction.isTaken
      ? "cost \(cost) instead of \(Self.cost(verdict.cost))"
      : "cost \(cost); the planner takes other ways for cheaper now"
    let can = correction.isTaken ? "serves" : "can serve"
    let question = correction.differences.joined(separator: ", ")
    let heading =
      question.isEmpty
      ? "so an index \(can) it (\(costs)):"
      : "an index \(can) another question, \(question) (\(costs)):"
    for line in Text.wrapped(heading, to: width) { Console.print(line) }
    let shown = VectorElision.shortened(correction.sql)
    Console.print(shown + ";")
    if shown != correction.sql { Console.print("-- with whole vectors: --format json") }
  }

  private func search(_ search: SearchReport) {
    let asked = search.asked.map { "asked \(Figures.grouped($0)), " } ?? ""
    entry(
      "search",
      "\(asked)returned \(Figures.grouped(search.returned)), visited \(Figures.grouped(search.visited)); \(search.stop)"
    )
    if let remedy = search.remedy { entry("remedy", remedy) }
    if let flaw = search.probeFlaw { entry("probe", flaw) }
    if let share = search.share {
      let expected = search.expectedShare.map { ", expected \(Self.percent($0))" } ?? ""
      entry("filter", "\(Self.percent(share)) of the visited rows pass\(expected)")
    }
    if let toast = search.toastShare {
      entry(
        "pages",
        "\(Figures.grouped(search.heapBlocks)) of rows, \(Figures.grouped(search.toastBlocks)) of vectors stored out "
          + "of line (\(Self.percent(toast))), \(Figures.grouped(search.indexBlocks)) of indexes"
      )
    }
  }

  /// A name and a text beside it, wrapped.
  private func entry(_ name: String, _ text: String, isBold: Bool = false) {
    let lines = Text.wrapped(VectorElision.shortened(text), to: width - 10)
    for (place, line) in lines.enumerated() {
      let shown = isBold ? Console.bold(line) : line
      Console.print(Text.padded(place == 0 ? name : "", to: 10) + shown)
    }
  }

  // MARK: Figures

  private static func text(_ recall: Explanation.Recall) -> String {
    guard let share = recall.share else { return "the exact answer has no rows" }
    return
      "\(Text.fixed(share, decimals: 3)): \(recall.found) of the \(recall.exact) rows of the exact answer"
  }

  /// `hnsw.ef_search 400: recall .970 → .991 (+.021 ± .006), +0.8 ms ± 0.1, 50 probes`.
  private static func text(_ advice: SearchAdvice) -> String {
    let signed = { (number: Double, decimals: Int) in
      (number < 0 ? "−" : "+") + Text.fixed(abs(number), decimals: decimals)
    }
    let recall =
      advice.gain.map { gain in
        "recall \(Text.fixed(advice.recalls.now, decimals: 3)) → \(Text.fixed(advice.recalls.then, decimals: 3)) "
          + "(\(signed(gain.mean, 3)) ± \(Text.fixed(gain.halfWidth, decimals: 3))), "
      } ?? ""
    let time = advice.milliseconds
    return
      "\(advice.setting): \(recall)\(signed(time.mean, 2)) ms ± \(Text.fixed(time.halfWidth, decimals: 2)), "
      + Figures.count(advice.probes, "probe")
  }

  private static func percent(_ share: Double) -> String {
    Text.fixed(share * 100, decimals: 1) + " %"
  }

  private static func cost(_ cost: Double) -> String { grouped(cost) }

  /// The planner goes up to 1e100 rows.
  static func grouped(_ number: Double) -> String {
    number < 1e15 ? Figures.grouped(Int(number.rounded())) : "\(number)"
  }

  static func milliseconds(_ time: Double) -> String {
    Text.fixed(time, decimals: time < 10 ? 2 : 1) + " ms"
  }

  // MARK: JSON

  var json: JSON {
    let verdict = explanation.verdict
    return .object([
      ("command", .string("explain")),
      ("sql", .string(explanation.statement.text)),
      (
        "binds",
        .array(
          explanation.statement.binds.map { bind in
            .object([
              ("type", .string(bind.type.name)),
              ("value", bind.isNull ? .null : .string(VectorElision.shown(bind))),
            ])
          }
        )
      ),
      ("settings", .object(explanation.settings.map { ($0.name, .string($0.value)) })),
      (
        "verdict",
        .object([
          ("cause", .string(verdict.cause.rawValue)),
          ("sentence", .string(verdict.sentence)),
          ("index", .optional(verdict.index?.name)),
          ("cost", .number(verdict.cost)),
          ("other_cost", explanation.otherCost.map(JSON.number) ?? .null),
          ("remedies", .array(verdict.remedies.map(JSON.string))),
          (
            "corrected",
            explanation.correction.map { correction in
              .object([
                ("sql", .string(correction.sql)), ("is_taken", .bool(correction.isTaken)),
                ("differences", .array(correction.differences.map(JSON.string))),
                ("cost", .number(correction.cost)),
              ])
            } ?? .null
          ),
        ])
      ),
      ("search", explanation.search.map(Self.json) ?? .null),
      (
        "recall",
        explanation.recall.map { recall in
          .object([
            ("share", recall.share.map(JSON.number) ?? .null), ("found", .integer(recall.found)),
            ("exact", .integer(recall.exact)),
          ])
        } ?? .null
      ),
      ("advice", .array(advice.map(Self.json))),
      (
        "timing",
        .object([
          ("planning_ms", explanation.explained.planningTime.map(JSON.number) ?? .null),
          ("execution_ms", explanation.explained.executionTime.map(JSON.number) ?? .null),
        ])
      ),
      ("plan", .raw(explanation.json)),
    ])
  }

  private static func json(_ advice: SearchAdvice) -> JSON {
    .object([
      ("setting", .string(advice.setting)), ("recall", .number(advice.recalls.now)),
      ("recall_then", .number(advice.recalls.then)),
      ("recall_gain", advice.gain.map { .number($0.mean) } ?? .null),
      ("recall_half_width", advice.gain.map { .number($0.halfWidth) } ?? .null),
      ("milliseconds", .number(advice.milliseconds.mean)),
      ("milliseconds_half_width", .number(advice.milliseconds.halfWidth)),
      ("probes", .integer(advice.probes)),
    ])
  }

  private static func json(_ search: SearchReport) -> JSON {
    .object([
      ("asked", search.asked.map(JSON.integer) ?? .null),
      ("returned", .integer(search.returned)),
      ("visited", .integer(search.visited)),
      ("stop", .string(search.stop)),
      ("remedy", .optional(search.remedy)),
      ("probe", .optional(search.probeFlaw)),
      ("selectivity", search.share.map(JSON.number) ?? .null),
      ("selectivity_expected", search.expectedShare.map(JSON.number) ?? .null),
      ("heap_blocks", .integer(search.heapBlocks)),
      ("toast_blocks", .integer(search.toastBlocks)),
      ("index_blocks", .integer(search.indexBlocks)),
      ("toast_share", search.toastShare.map(JSON.number) ?? .null),
    ])
  }
}
