import DBToolActions
import PGCatalog
import VectorSQL

/// What an index would be and cost.
enum IndexPlanOutput {
  static func print(_ plan: IndexPlan, _ format: FormatOption.Format) {
    switch format {
    case .table:
      for (name, value) in lines(plan) { Console.print(Text.padded(name, to: 24) + value) }
    case .json: Console.print(json(plan).pretty)
    }
  }

  /// Not a table: what is to be pasted is never cut.
  private static func lines(_ plan: IndexPlan) -> [(String, String)] {
    let column = plan.column
    var lines: [(String, String)] = [
      ("column", "\(column.shown), \(type(column.column))"),
      ("rows with a vector", Figures.grouped(plan.vectors)),
    ]
    if plan.kind.variant == .exact {
      return lines + [("index", "none: every row is compared, and none is missed")]
    }
    lines.append(
      (
        "dimensions",
        "\(column.column.dimension.map(String.init) ?? "not fixed") of at most \(plan.mostDimensions)"
      )
    )
    lines.append(("operator class", plan.operatorClass ?? ""))
    if let definition = plan.definition {
      lines.append(("definition", definition.split(separator: "\n").joined(separator: " ") + ";"))
      if let lists = plan.lists { lines.append(("lists", listsByRule(lists, plan.vectors))) }
      lines.append(("size", "about \(Figures.size(plan.size))"))
      lines.append(("memory to build", memory(plan)))
      lines += times(plan)
    }
    if let refusal = plan.refusal {
      lines.append(("verdict", "no: \(refusal.message)"))
      for more in [refusal.detail, refusal.advice].compactMap(\.self) { lines.append(("", more)) }
    } else {
      lines.append(("verdict", "it can be built"))
    }
    return lines
  }

  private static func type(_ column: VectorColumn) -> String {
    column.storage.rawValue + (column.dimension.map { "(\($0))" } ?? "")
  }

  private static func listsByRule(_ lists: Int, _ rows: Int) -> String {
    let rule = rows <= 1_000_000 ? "a thousandth of the rows" : "the square root of the rows"
    return
      "\(Figures.grouped(lists)): \(rule), pgvector's rule \(rows <= 1_000_000 ? "up to" : "above") a million"
  }

  private static func memory(_ plan: IndexPlan) -> String {
    let setting = Figures.size(plan.memorySetting)
    let needed = "about \(Figures.size(plan.memory))"
    if plan.memory <= plan.memorySetting {
      return "\(needed), within maintenance_work_mem (\(setting))"
    }
    if plan.memory + plan.memory / 10 <= plan.memoryBound {
      return
        "\(needed), more than maintenance_work_mem (\(setting)): index use raises it for its session"
    }
    let consequence =
      plan.kind.variant == .ivfflat
      ? "pgvector refuses to build it" : "the build takes several times longer"
    return "\(needed), more than maintenance_work_mem (\(setting)): \(consequence), unless "
      + "--maintenance-work-mem gives it more"
  }

  private static func times(_ plan: IndexPlan) -> [(String, String)] {
    guard let estimate = plan.estimate else {
      return [("time to build", "no estimate: \(plan.noEstimate ?? "")")]
    }
    return [
      (
        "time to build",
        "about \(duration(estimate.buildSeconds)) for one process, by a sample of "
          + "\(Figures.grouped(estimate.rows)) rows"
      ),
      (
        "each UPDATE afterwards",
        "about \(milliseconds(estimate.updateMilliseconds)) a row in this index, whichever column changes"
      ),
    ]
  }

  private static func milliseconds(_ number: Double) -> String {
    number < 0.1
      ? "\(Text.fixed(number * 1000, decimals: 0)) µs" : "\(Text.fixed(number, decimals: 1)) ms"
  }

  private static func duration(_ seconds: Double) -> String {
    seconds < 100
      ? "\(Text.fixed(seconds, decimals: seconds < 10 ? 1 : 0)) s"
      : seconds < 6000
        ? "\(Text.fixed(seconds / 60, decimals: 0)) min"
        : "\(Text.fixed(seconds / 3600, decimals: 1)) h"
  }

  private static func json(_ plan: IndexPlan) -> JSON {
    let column = plan.column.column
    let number = { (value: Int?) in value.map(JSON.integer) ?? .null }
    return .object([
      ("command", .string("index plan")),
      ("schema", .string(column.schema)),
      ("table", .string(column.table)),
      ("column", .string(column.name)),
      ("encoder", .optional(plan.column.embedding?.encoder)),
      ("variant", .string(plan.kind.variant.rawValue)),
      ("metric", .string(plan.kind.metric.rawValue)),
      ("rows", .integer(plan.vectors)),
      ("dimension", number(column.dimension)),
      ("most_dimensions", .integer(plan.mostDimensions)),
      ("operator_class", .optional(plan.operatorClass)),
      ("definition", .optional(plan.definition)),
      ("lists", number(plan.lists)),
      ("bytes", .integer(plan.size)),
      ("memory", .integer(plan.memory)),
      ("maintenance_work_mem", .integer(plan.memorySetting)),
      ("sample_rows", number(plan.estimate?.rows)),
      ("build_seconds", plan.estimate.map { .number($0.buildSeconds) } ?? .null),
      ("update_milliseconds", plan.estimate.map { .number($0.updateMilliseconds) } ?? .null),
      ("no_estimate", .optional(plan.noEstimate)),
      ("buildable", .bool(plan.refusal == nil)),
      ("why_not", .optional(plan.refusal?.message)),
    ])
  }
}
