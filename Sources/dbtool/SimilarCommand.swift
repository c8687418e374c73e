import ArgumentParser
import DBToolActions
import PQClient
import VectorSQL

struct SimilarCommand: ExplainableCommand {
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
  @OptionGroup var output: StatementFormatOption
  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    guard row != nil || !search.conditions.isEmpty else {
      throw ValidationError("name a row: its key, its label, or --where")
    }
  }

  private func similar(in session: Session) throws -> SimilarRows {
    var options = try search.options(rows, in: session)
    let (table, seen) = try seen.choice(with: options.table, in: session)
    options.table = options.table ?? table
    return SimilarRows(row?.text, options: options, seen: seen)
  }

  func explained(
    in session: Session,
    on db: inout PQConnection
  ) async throws -> ExplainStatement {
    ExplainStatement(try similar(in: session).prepare(on: &db).query)
  }

  func run() async throws {
    let session = try connection.session("similar")
    let similar = try similar(in: session)
    var db = try await session.open()
    let prepared = try similar.prepare(on: &db)
    guard
      try !sql.present(
        prepared.query.statement,
        as: output,
        note: prepared.query.note,
        in: session,
        on: &db
      )
    else { return }
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

  @OptionGroup var interactions: InteractionsOption

  func validate() throws {
    guard isExcluding == (subject != nil), isExcluding || interactions.relation == nil else {
      throw ValidationError("--exclude-seen goes with --for SUBJECT and --interactions RELATION")
    }
  }

  /// The relation with its subject, if there is one, and the table whose rows it is about.
  func choice(
    with table: String?,
    in session: Session
  ) throws -> (table: String?, choice: InteractionsChoice?) {
    guard let subject else { return (table, nil) }
    let (table, choice) = try interactions.choice(for: subject.text, with: table, in: session)
    return (table, choice)
  }
}
