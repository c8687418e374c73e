import ArgumentParser
import DBToolActions
import VectorSQL

struct SearchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "The rows whose texts are nearest to a text.",
    usage: """
      dbtool search "a heist that goes wrong"
      dbtool search "a heist that goes wrong" --table film --limit 10 --format json
      dbtool search "a heist that goes wrong" --show-sql | psql
      """,
    discussion: """
      The text gets its vector from the encoder that made those in the table, with the encoder's \
      prefix for queries.
      """
  )

  @Argument(help: "What to search for.")
  var text: String

  @Option(help: "The table, [SCHEMA.]NAME. Default: the one that has the most vectors.")
  var table: NonEmpty?

  @Option(
    help: "The encoder. Default: minilm, another or lexical, as far as it covers 90 % of the table."
  )
  var encoder: NonEmpty?

  @Option(help: "The distance: cosine, l2, ip or l1. Default: what the registry says.")
  var metric: DistanceMetric?

  @Option(parsing: .unconditional, help: "How many rows, 1 to 1000.")
  var limit = 5

  @Flag(help: "Compare every row; use no index.")
  var exact = false

  @OptionGroup var sql: SQLOptions
  @OptionGroup var output: FormatOption
  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw ValidationError("the text to search for is empty")
    }
    guard (1...1000).contains(limit) else {
      throw ValidationError("--limit \(limit): ask for 1 to 1000 rows")
    }
  }

  func run() async throws {
    let search = SearchTexts(
      text,
      encoder: encoder?.text,
      table: table?.text,
      metric: metric,
      limit: limit,
      exact: exact
    )
    let session = try connection.session("search")
    var db = try await session.open()
    let models = ModelLoader(settings: session.settings)
    let prepared = try await search.prepare(with: models, on: &db)
    guard try !sql.present(prepared.statement) else { return }
    let answer = try search.run(prepared, explaining: output.format == .json, on: &db)
    if output.format == .table, encoder == nil || table == nil {
      Console.note("dbtool: searching \(answer.table) with encoder \"\(answer.encoder)\"")
    }
    try NeighborOutput(command: "search", answer: answer, timing: sql.timing).print(output.format)
  }
}
