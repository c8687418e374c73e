import ArgumentParser
import DBToolActions

struct EmbedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Make the vectors of rows that have none, or whose text has changed.",
    usage: """
      dbtool embed --encoder lexical
      dbtool embed --encoder lexical --table film
      dbtool embed --encoder lexical --refit
      """,
    discussion: """
      Each batch is a transaction of its own: interrupted, the next run goes on where it stopped. \
      The lexical encoder counts its term weights once and keeps them, so that vectors stay \
      comparable; --refit counts them anew and makes every row stale.
      """
  )

  @Option(help: "The encoder, by its name in the registry.")
  var encoder = EmbedLexical.encoder

  @Option(
    help: "Only this table, [SCHEMA.]NAME. Default: every table that the encoder has a column in."
  )
  var table: NonEmpty?

  @Flag(help: "Count the term weights anew; every row is then stale.")
  var refit = false

  @Option(name: .customLong("batch-size"), parsing: .unconditional, help: "Rows per transaction.")
  var batchSize = 10_000

  @OptionGroup var output: FormatOption
  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    guard (1...1_000_000).contains(batchSize) else {
      throw ValidationError("--batch-size \(batchSize): take 1 to 1000000 rows")
    }
  }

  func run() async throws {
    guard encoder == EmbedLexical.encoder else {
      throw ActionError(
        .notFound,
        "this version of dbtool cannot run encoder \"\(Text.oneLine(encoder))\"",
        advice: "the encoder that it can run is: \(EmbedLexical.encoder)"
      )
    }
    var db = try await connection.session("embed").open()
    let job = EmbedLexical(table: table?.text, refit: refit, batchSize: batchSize)
    let report = try job.run(on: &db) { table in
      Console.progress("\(table.table): \(Text.grouped(table.rows)) rows")
    }
    Console.progress(nil)
    switch output.format {
    case .json: Console.print(json(report).pretty)
    case .table: print(report)
    }
  }

  private func print(_ report: EmbedLexical.Report) {
    if report.fitted {
      Console.print("counted term weights over \(Text.grouped(report.documents)) texts")
    }
    var table = TextTable([
      ("table", .left), ("embedded", .right), ("unchanged", .right), ("without text", .right),
    ])
    for row in report.tables {
      table.add([
        row.table, Text.grouped(row.embedded), Text.grouped(row.unchanged),
        Text.grouped(row.textless),
      ])
    }
    table.print()
  }

  private func json(_ report: EmbedLexical.Report) -> JSON {
    .object([
      ("command", .string("embed")),
      ("encoder", .string(encoder)),
      ("fitted", .bool(report.fitted)),
      ("documents", .integer(report.documents)),
      (
        "tables",
        .array(
          report.tables.map { row in
            .object([
              ("table", .string(row.table)),
              ("embedded", .integer(row.embedded)),
              ("unchanged", .integer(row.unchanged)),
              ("without_text", .integer(row.textless)),
            ])
          }
        )
      ),
    ])
  }
}
