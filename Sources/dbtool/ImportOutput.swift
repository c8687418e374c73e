import DBToolActions
import Movies

/// Prints what an import does and did.
enum ImportOutput {
  /// Shows progress; stops the import where Ctrl-C came, since a COPY is only cancelled at its end.
  static func observe(_ progress: ImportProgress) throws {
    if Interruption.signal != nil { throw CancellationError() }
    let megabytes = Text.fixed(Double(progress.bytesRead) / 1e6, decimals: 1)
    let share = progress.bytesTotal.map { total in
      " (\(Text.fixed(100 * Double(progress.bytesRead) / Double(max(total, 1)), decimals: 0)) %)"
    }
    Console.progress("\(progress.table): \(megabytes) MB\(share ?? "")")
  }

  static func print(_ report: ImportReport, command: String, _ format: FormatOption.Format) {
    Console.progress(nil)
    switch format {
    case .json:
      Console.print(
        JSON.object([
          ("command", .string(command)),
          (
            "tables",
            .array(
              report.tables.map { table in
                .object([("table", .string(table.table)), ("rows", .integer(table.rows))])
              }
            )
          ),
          ("rows", .integer(report.rows)),
          ("warnings", .array(report.warnings.map(JSON.string))),
        ]).pretty
      )
    case .table:
      var table = TextTable([("table", .left), ("rows", .right)])
      for count in report.tables { table.add([count.table, Figures.grouped(count.rows)]) }
      table.print()
    }
    for warning in report.warnings { Console.note("dbtool: " + Text.oneLine(warning)) }
  }
}
