import ArgumentParser
import DBToolActions
import PQClient
import VectorSQL

struct SearchCommand: ExplainableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "The rows whose texts are nearest to a text.",
    usage: """
      dbtool search "a heist that goes wrong"
      dbtool search "a heist that goes wrong" --table film --limit 10 --format json
      dbtool search "a heist that goes wrong" --hybrid --where 'release_year >= 2000'
      dbtool search "monster" --label-only --table netflix_shows
      dbtool search "a heist that goes wrong" --show-sql | psql
      """,
    discussion: """
      The text gets its vector from the encoder that made those in the table, with the encoder's \
      prefix for queries.
      """
  )

  @Argument(help: "What to search for.")
  var text: String

  @Flag(help: "Look for the text's words too, and merge both lists by their ranks (RRF).")
  var hybrid = false

  @Flag(
    name: .customLong("label-only"),
    help: "Look for the text in the rows' labels, by spelling and words; needs no vectors."
  )
  var labelOnly = false

  @OptionGroup var rows: TableOptions
  @OptionGroup var search: SearchOptions
  @OptionGroup var sql: SQLOptions
  @OptionGroup var output: StatementFormatOption
  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw ValidationError("the text to search for is empty")
    }
    if hybrid, search.within != nil || search.diversity != nil {
      throw ValidationError("--within and --diversity do not go with --hybrid")
    }
    guard labelOnly else { return }
    if hybrid || search.encoder != nil || search.metric != nil || search.within != nil
      || search.diversity != nil
    {
      throw ValidationError(
        "--label-only takes no --hybrid, --encoder, --metric, --within, --diversity"
      )
    }
  }

  func explained(
    in session: Session,
    on db: inout PQConnection
  ) async throws -> ExplainStatement {
    let options = try search.options(rows, in: session)
    guard !labelOnly else {
      return ExplainStatement(try SearchLabels(text, options: options).prepare(on: &db).statement)
    }
    let search = SearchTexts(text, isHybrid: hybrid, options: options)
    let models = ModelLoader(settings: session.settings)
    return ExplainStatement(try await search.prepare(with: models, on: &db))
  }

  func run() async throws {
    let session = try connection.session("search")
    let options = try search.options(rows, in: session)
    if labelOnly { return try await searchLabels(options, in: session) }
    let search = SearchTexts(text, isHybrid: hybrid, options: options)
    var db = try await session.open()
    let models = ModelLoader(settings: session.settings)
    let query = try await search.prepare(with: models, on: &db)
    guard try !sql.present(query.statement, as: output, note: query.note, in: session, on: &db)
    else { return }
    let answer = try search.run(query, explaining: output.format == .json, on: &db)
    if output.format == .table, self.search.encoder == nil || rows.table == nil {
      Console.note("dbtool: searching \(answer.table) with encoder \"\(answer.encoder)\"")
    }
    try NeighborOutput(command: "search", answer: answer, timing: sql.timing).print(output.format)
  }
}
