import DBToolActions
import VectorSQL

/// The registry, for people and for programs.
enum EncoderOutput {
  typealias Entry = (encoder: RegisteredEncoder, columns: [ColumnFill])

  // MARK: list

  static func printList(_ entries: [Entry], _ format: FormatOption.Format) {
    switch format {
    case .json:
      Console.print(
        JSON.object([
          ("command", .string("encoder list")), ("encoders", .array(entries.map(json))),
        ]).pretty
      )
    case .table:
      var table = TextTable([
        ("encoder", .left), ("model", .left), ("dimensions", .right), ("column", .left),
        ("filled", .right),
      ])
      for (encoder, columns) in entries {
        let model = [encoder.name, "\(encoder.source)", String(encoder.dimension)]
        if columns.isEmpty { table.add(model + ["-", ""]) }
        for (index, column) in columns.enumerated() {
          let first = index == 0 ? model : ["", "", ""]
          table.add(first + [name(column.embedding), fill(column)])
        }
      }
      table.print()
    }
  }

  private static func name(_ embedding: RegisteredEmbedding) -> String {
    embedding.hasSideTable
      ? "\(embedding.vectors.appending(embedding.vectorColumn).sql) of \(embedding.shownTable)"
      : "\(embedding.shownTable).\(embedding.vectorColumn)"
  }

  private static func fill(_ column: ColumnFill) -> String {
    guard let vectors = column.vectors, let rows = column.rows else { return "not there" }
    return "\(Figures.grouped(vectors)) of \(Figures.grouped(rows))"
  }

  private static func json(_ entry: Entry) -> JSON {
    .object([
      ("name", .string(entry.encoder.name)),
      ("model", .string("\(entry.encoder.source)")),
      ("url", .optional(entry.encoder.source.shownURL)),
      ("dimension", .integer(entry.encoder.dimension)),
      ("metric", .string(entry.encoder.metric.rawValue)),
      (
        "columns",
        .array(
          entry.columns.map { column in
            .object([
              ("table", .string(column.embedding.shownTable)),
              (
                "column",
                .string(column.embedding.vectors.appending(column.embedding.vectorColumn).sql)
              ),
              ("vectors", column.vectors.map(JSON.integer) ?? .null),
              ("rows", column.rows.map(JSON.integer) ?? .null),
            ])
          }
        )
      ),
    ])
  }

  // MARK: show

  static func printOne(
    _ encoder: RegisteredEncoder,
    _ model: ModelStatus,
    _ coverage: [EncoderCoverage],
    _ format: FormatOption.Format
  ) {
    switch format {
    case .json: Console.print(json(encoder, model, coverage).pretty)
    case .table:
      printModel(encoder, model)
      if coverage.isEmpty {
        Console.print("\nno column: dbtool encoder add \(encoder.name) --table … makes one")
      } else {
        printCoverage(coverage)
      }
    }
  }

  private static func printModel(_ encoder: RegisteredEncoder, _ model: ModelStatus) {
    var table = TextTable([("encoder", .left), (encoder.name, .left)])
    table.add(["model", "\(encoder.source)"])
    table.add(["dimensions", "\(encoder.dimension), metric \(encoder.metric.rawValue)"])
    if !encoder.queryPrefix.isEmpty { table.add(["query prefix", quoted(encoder.queryPrefix)]) }
    if !encoder.passagePrefix.isEmpty {
      table.add(["passage prefix", quoted(encoder.passagePrefix)])
    }
    table.add([model.isReady ? "ready" : "not ready", model.finding])
    for (name, bytes) in model.files {
      table.add(["", "\(name)  \(Figures.grouped(bytes)) bytes"])
    }
    for command in model.isReady ? [] : model.commands { table.add(["to get it", command]) }
    table.print()
  }

  private static func quoted(_ text: String) -> String { "\"\(text)\"" }

  private static func printCoverage(_ coverage: [EncoderCoverage]) {
    Console.print("")
    var table = TextTable([
      ("column", .left), ("rows", .right), ("vectors", .right), ("missing", .right),
      ("stale", .right), ("zero", .right), ("not unit", .right), ("lengths", .left),
    ])
    for column in coverage {
      table.add(
        [name(column.embedding)]
          + [
            column.rows, column.vectors, column.missing, column.stale, column.zero, column.nonUnit,
          ].map(Figures.grouped) + [histogram(column.norms)]
      )
    }
    table.print()
  }

  /// The lengths as bars between the shortest and the longest.
  private static func histogram(_ bins: [EncoderCoverage.Bin]) -> String {
    guard let first = bins.first, let last = bins.last, let most = bins.map(\.count).max() else {
      return ""
    }
    let bars = Array("▁▂▃▄▅▆▇█")
    let drawn = bins.map { bars[min(bars.count - 1, $0.count * bars.count / max(1, most))] }
    let lower = Text.fixed(first.lower, decimals: 3)
    return bins.count == 1
      ? lower : "\(lower) \(String(drawn)) \(Text.fixed(last.upper, decimals: 3))"
  }

  private static func json(
    _ encoder: RegisteredEncoder,
    _ model: ModelStatus,
    _ coverage: [EncoderCoverage]
  ) -> JSON {
    .object([
      ("command", .string("encoder show")),
      ("name", .string(encoder.name)),
      ("model", .string("\(encoder.source)")),
      ("url", .optional(encoder.source.shownURL)),
      ("dimension", .integer(encoder.dimension)),
      ("metric", .string(encoder.metric.rawValue)),
      ("query_prefix", .string(encoder.queryPrefix)),
      ("passage_prefix", .string(encoder.passagePrefix)),
      ("ready", .bool(model.isReady)),
      ("finding", .string(model.finding)),
      (
        "files",
        .array(
          model.files.map { .object([("name", .string($0.name)), ("bytes", .integer($0.bytes))]) }
        )
      ),
      ("commands", .array(model.commands.map(JSON.string))),
      ("columns", .array(coverage.map(json))),
    ])
  }

  private static func json(_ column: EncoderCoverage) -> JSON {
    .object([
      ("table", .string(column.embedding.shownTable)),
      ("column", .string(column.embedding.vectors.appending(column.embedding.vectorColumn).sql)),
      ("rows", .integer(column.rows)),
      ("vectors", .integer(column.vectors)),
      ("missing", .integer(column.missing)),
      ("stale", .integer(column.stale)),
      ("zero", .integer(column.zero)),
      ("non_unit", .integer(column.nonUnit)),
      (
        "lengths",
        .array(
          column.norms.map { bin in
            .object([
              ("lower", .number(bin.lower)), ("upper", .number(bin.upper)),
              ("count", .integer(bin.count)),
            ])
          }
        )
      ),
    ])
  }
}
