import DBToolActions
import PGCatalog
import VectorSQL

/// What the doctor found, for people and for programs.
enum DoctorOutput {
  static func print(_ diagnosis: Diagnosis, _ format: FormatOption.Format) {
    switch format {
    case .json: Console.print(json(diagnosis).pretty)
    case .table: text(diagnosis)
    }
  }

  // MARK: For people

  private static func text(_ diagnosis: Diagnosis) {
    print(diagnosis.environment)
    if !diagnosis.columns.isEmpty {
      Console.print("")
      columns(diagnosis)
    }
    let findings = diagnosis.columns.flatMap(\.findings) + diagnosis.registry
    if !findings.isEmpty { Console.print("") }
    print(findings.filter { $0.severity == .problem } + findings.filter { $0.severity != .problem })
    Console.print("")
    Console.print(summary(diagnosis))
  }

  /// Not a table: what is to be pasted is never cut.
  private static func print(_ findings: [Diagnosis.Finding]) {
    for finding in findings {
      let severity = Text.padded(finding.severity.rawValue, to: 9)
      Console.print(
        (finding.severity == .problem ? Console.bold(severity) : severity)
          + Text.oneLine("\(finding.subject): \(finding.fact)")
      )
      for line in finding.advice { Console.print("           " + Text.oneLine(line)) }
    }
  }

  private static func columns(_ diagnosis: Diagnosis) {
    var table = TextTable([
      ("column", .left), ("type", .left), ("rows", .right), ("null", .right), ("zero", .right),
      ("not unit", .right), ("encoder", .left), ("index", .left), ("serves", .left),
      ("size", .right),
    ])
    for column in diagnosis.columns {
      let facts = [column.name, type(column)] + counts(column.content) + [column.encoder ?? "-"]
      let indexes = column.indexes ?? []
      if indexes.isEmpty {
        table.add(facts + [column.indexes == nil ? "not read" : "none", "", ""])
      }
      for (place, index) in indexes.enumerated() {
        let first = place == 0 ? facts : facts.map { _ in "" }
        table.add(
          first + [
            shown(index), index.isValid ? index.metricName : "nothing: INVALID", size(index),
          ]
        )
      }
    }
    table.print()
    let isSampled = diagnosis.columns.contains { $0.content?.isSample == true }
    Console.print(
      "sizes against \(Figures.size(diagnosis.sharedBuffers)) of shared_buffers"
        + (isSampled ? "; ~ from a sample of the table" : "")
    )
  }

  private static func type(_ column: Diagnosis.Column) -> String {
    let type = column.column.storage.rawValue
    if let dimension = column.column.dimension { return "\(type)(\(dimension))" }
    let found = column.content?.dimensions.prefix(3).map(String.init).joined(separator: ", ") ?? ""
    return found.isEmpty ? type : "\(type) of \(found)"
  }

  private static func counts(_ content: ColumnContent?) -> [String] {
    guard let content else { return ["not read", "", "", ""] }
    let shares = content.isSample
    let about = { (count: Int) in
      shares
        ? "~" + Text.fixed(content.share(count) * 100, decimals: 1) + " %" : Figures.grouped(count)
    }
    return [shares ? "~" + Figures.grouped(rounded(content.rows)) : Figures.grouped(content.rows)]
      + [content.nulls, content.zero, content.nonUnit].map(about)
  }

  /// Three digits are all that a sample can tell.
  private static func rounded(_ count: Int) -> Int {
    var unit = 1
    while count / unit >= 1000 { unit *= 10 }
    return (count + unit / 2) / unit * unit
  }

  private static func shown(_ index: TableIndex) -> String {
    let details = [
      "\(index.method) \(index.expression.map { $0 + " " } ?? "")\(index.operatorClass)",
      index.predicate.map { "WHERE \($0)" },
      index.partition.map { "only partition \($0)" },
    ]
    return "\(index.name): \(details.compactMap(\.self).joined(separator: ", "))"
  }

  private static func size(_ index: TableIndex) -> String { Figures.size(index.bytes) }

  private static func summary(_ diagnosis: Diagnosis) -> String {
    let (problems, hints) = (diagnosis.count(.problem), diagnosis.count(.hint))
    let hinted = hints == 0 ? "" : hints == 1 ? ", 1 hint" : ", \(hints) hints"
    return switch problems {
    case 0: "nothing needs a hand\(hinted)"
    case 1: "1 finding needs a hand\(hinted)"
    default: "\(problems) findings need a hand\(hinted)"
    }
  }

  // MARK: For programs

  private static func json(_ diagnosis: Diagnosis) -> JSON {
    .object([
      ("command", .string("doctor")),
      ("database", .string(diagnosis.database)),
      ("needs_hand", .bool(diagnosis.needsHand)),
      ("shared_buffers", .integer(diagnosis.sharedBuffers)),
      ("environment", .array(diagnosis.environment.map(json))),
      ("columns", .array(diagnosis.columns.map(json))),
      ("registry", .array(diagnosis.registry.map(json))),
    ])
  }

  private static func json(_ finding: Diagnosis.Finding) -> JSON {
    .object([
      ("subject", .string(finding.subject)),
      ("severity", .string(finding.severity.rawValue)),
      ("fact", .string(finding.fact)),
      ("advice", .array(finding.advice.map(JSON.string))),
    ])
  }

  private static func json(_ column: Diagnosis.Column) -> JSON {
    let content = column.content
    let number = { (value: Int?) in value.map(JSON.integer) ?? .null }
    return .object([
      ("schema", .string(column.column.schema)),
      ("table", .string(column.column.table)),
      ("column", .string(column.column.name)),
      ("type", .string(column.column.storage.rawValue)),
      ("dimension", number(column.column.dimension)),
      ("dimensions_found", .array((content?.dimensions ?? []).map(JSON.integer))),
      ("encoder", .optional(column.encoder)),
      ("rows", number(content?.rows)),
      ("rows_read", number(content?.read)),
      ("sample", content.map { .bool($0.isSample) } ?? .null),
      ("vectors", number(content?.vectors)),
      ("nulls", number(content?.nulls)),
      ("zero", number(content?.zero)),
      ("non_unit", number(content?.nonUnit)),
      ("indexes", column.indexes.map { .array($0.map(json)) } ?? .null),
      ("findings", .array(column.findings.map(json))),
    ])
  }

  private static func json(_ index: TableIndex) -> JSON {
    .object([
      ("name", .string(index.name)),
      ("schema", .string(index.schema)),
      ("partition", .optional(index.partition)),
      ("method", .string(index.method)),
      ("expression", .optional(index.expression)),
      ("predicate", .optional(index.predicate)),
      ("operator_class", .string(index.operatorClass)),
      ("serves", index.isValid ? .string(index.metricName) : .null),
      ("valid", .bool(index.isValid)),
      ("being_built", .bool(index.isBeingBuilt)),
      (
        "options",
        .object(index.options.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
      ),
      ("bytes", .integer(index.bytes)),
      ("tuples", .integer(index.tuples)),
    ])
  }
}
