import DBToolActions

/// The report of `embed`, for people and for programs.
struct EmbedOutput {
  private let encoder: String
  private let fitted: Int?
  private let tables: [EmbeddingReport]
  private let isLexical: Bool

  /// Failures shown to a person; JSON has them all.
  private static let shownFailures = 5

  /// The report of a model.
  init(encoder: String, _ reports: [EmbeddingReport]) {
    self.encoder = encoder
    fitted = nil
    isLexical = false
    tables = reports
  }

  /// The report of the lexical encoder.
  init(encoder: String, lexical report: EmbedLexical.Report) {
    self.encoder = encoder
    isLexical = true
    fitted = report.fitted ? report.documents : nil
    tables = report.tables
  }

  func print(_ format: FormatOption.Format) {
    switch format {
    case .json: Console.print(json.pretty)
    case .table: printTable()
    }
  }

  private func printTable() {
    if let fitted { Console.print("counted term weights over \(Figures.grouped(fitted)) texts") }
    let columns: [(String, TextTable.Alignment, (EmbeddingReport) -> String, Bool)] = [
      ("table", .left, { $0.table }, true),
      ("embedded", .right, { Figures.grouped($0.embedded) }, true),
      ("unchanged", .right, { Figures.grouped($0.unchanged) }, true),
      ("without text", .right, { Figures.grouped($0.textless) }, true),
      ("waiting", .right, { Figures.grouped($0.waiting) }, tables.contains { $0.waiting > 0 }),
      (
        "failed", .right, { Figures.grouped($0.failed.count) },
        tables.contains { !$0.failed.isEmpty }
      ),
      ("rows/s", .right, { $0.rate.map { Text.fixed($0, decimals: 0) } ?? "" }, !isLexical),
    ]
    let shown = columns.filter(\.3)
    var table = TextTable(shown.map { ($0.0, $0.1) })
    for row in tables { table.add(shown.map { $0.2(row) }) }
    table.print()
    for row in tables {
      for (index, duration) in row.indexes {
        Console.print("built index \(index) in \(Text.fixed(duration.seconds, decimals: 1)) s")
      }
      for (key, reason) in row.failed.prefix(Self.shownFailures) {
        Console.note("dbtool: \(row.table) \(Text.oneLine(key)): \(Text.oneLine(reason))")
      }
      if row.failed.count > Self.shownFailures {
        Console.note(
          "dbtool: and \(row.failed.count - Self.shownFailures) more; --format json has all"
        )
      }
    }
  }

  private var json: JSON {
    .object([
      ("command", .string("embed")),
      ("encoder", .string(encoder)),
      ("fitted", .bool(fitted != nil)),
      ("documents", fitted.map(JSON.integer) ?? .null),
      ("tables", .array(tables.map(json))),
    ])
  }

  private func json(_ row: EmbeddingReport) -> JSON {
    .object([
      ("table", .string(row.table)),
      ("embedded", .integer(row.embedded)),
      ("unchanged", .integer(row.unchanged)),
      ("without_text", .integer(row.textless)),
      ("waiting", .integer(row.waiting)),
      (
        "failed",
        .array(
          row.failed.map { key, reason in
            .object([("key", .string(key)), ("reason", .string(reason))])
          }
        )
      ),
      (
        "indexes",
        .array(
          row.indexes.map { index, duration in
            .object([("index", .string(index)), ("seconds", .number(duration.seconds))])
          }
        )
      ),
      ("seconds", .number(row.duration.seconds)),
      ("model_seconds", .number(row.modelDuration.seconds)),
    ])
  }
}

extension EmbeddingReport {
  /// Rows in a second.
  fileprivate var rate: Double? {
    embedded > 0 ? Double(embedded) / max(duration.seconds, 1e-9) : nil
  }
}

extension Duration {
  /// This duration in seconds.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
