import ArgumentParser
import DBToolActions
import VectorSQL

struct SimilarCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "similar",
    abstract: "The rows that are nearest to a row, in any table with vectors.",
    usage: """
      dbtool similar "Monster Island" --table netflix_shows
      dbtool similar 17 --table shop.product --where 'price < 20' --limit 10 --format json
      dbtool similar --where 'imdb_id = tt0114709' --table movie
      """,
    discussion: """
      A row is named by its key, by its label (the column title, name or label, else the first text \
      column), or by conditions that hold of it alone.
      """
  )

  @Argument(help: ArgumentHelp("The row's key or label.", valueName: "key-or-label"))
  var row: NonEmpty?

  @OptionGroup var rows: TableOptions
  @OptionGroup var search: SearchOptions
  @OptionGroup var seen: SeenOptions
  @OptionGroup var sql: SQLOptions
  @OptionGroup var output: FormatOption
  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    guard row != nil || !search.conditions.isEmpty else {
      throw ValidationError("name a row: its key, its label, or --where")
    }
  }

  func run() async throws {
    let similar = SimilarRows(
      row?.text,
      options: try search.options(table: rows.table?.text, key: rows.key?.text),
      seen: try seen.choice()
    )
    var db = try await connection.session("similar").open()
    let prepared = try similar.prepare(on: &db)
    guard try !sql.present(prepared.query.statement, note: prepared.query.note) else { return }
    let answer = try similar.run(prepared, explaining: output.format == .json, on: &db)
    if output.format == .table, search.encoder == nil || rows.table == nil {
      Console.note(
        "dbtool: rows of \(answer.table) near \"\(Text.oneLine(prepared.title))\", by encoder "
          + "\"\(answer.encoder)\""
      )
    }
    try NeighborOutput(command: "similar", answer: answer, timing: sql.timing).print(output.format)
  }
}

/// Whose items are left out.
struct SeenOptions: ParsableArguments {
  @Flag(name: .customLong("exclude-seen"), help: "Leave out what the subject of --for used.")
  var isExcluding = false

  @Option(name: .customLong("for"), help: "The subject, by its key.")
  var subject: NonEmpty?

  @Option(
    help: ArgumentHelp(
      "Who used what: 'order_line(customer_id, product_id, quantity, created_at)'.",
      valueName: "relation"
    )
  )
  var interactions: NonEmpty?

  func validate() throws {
    guard isExcluding == (subject != nil), (subject != nil) == (interactions != nil) else {
      throw ValidationError("--exclude-seen goes with --for SUBJECT and --interactions RELATION")
    }
  }

  /// The relation with its subject, if there is one.
  func choice() throws -> InteractionsChoice? {
    guard let subject, let interactions else { return nil }
    return try InteractionsChoice(parsing: interactions.text, subject: subject.text)
  }
}
