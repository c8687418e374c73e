import ArgumentParser
import DBToolActions
import PQClient
import VectorSQL

struct TopCommand: ExplainableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top",
    abstract: "The best rated rows of a table, or the most used lately.",
    usage: """
      dbtool top --table movie
      dbtool top --table film --since 30d --where 'rating = PG'
      dbtool top --table product --interactions 'order_line(customer_id, product_id, created_at)' --since 12w
      """,
    discussion: """
      Best rated is the Bayesian mean: each row starts with as many ratings of the mean of all as a row has on \
      average, so that one happy customer makes no winner. Most used is the number of subjects who used a row. \
      The window of --since counts back from the newest event in the data. Needs no vectors.
      """
  )

  @Option(help: "The table, [SCHEMA.]NAME. Default: the one whose interactions dbtool.json knows.")
  var table: NonEmpty?

  @Option(help: "The column that tells its rows apart. Default: the primary key.")
  var key: NonEmpty?

  @OptionGroup var interactions: InteractionsOption

  @Option(
    help:
      "What counts: rating or use. Default: rating where the number is called rating, score or stars."
  )
  var by: TopItems.Measure?

  @Option(help: "Only the last days, weeks or years of the data: 30d, 12w, 1y.")
  var since: DayCount?

  @Option(parsing: .unconditional, help: "How many rows, 1 to 1000.")
  var limit = 10

  @Option(
    name: .customLong("where"),
    help: ArgumentHelp(
      "Only rows of which it holds: COLUMN OP VALUE, as for similar; repeatable.",
      valueName: "condition"
    )
  )
  var conditions: [NonEmpty] = []

  @OptionGroup var sql: SQLOptions
  @OptionGroup var output: StatementFormatOption
  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    try SearchOptions.check(limit: limit)
  }

  private func top(in session: Session) throws -> TopRows {
    let (named, relation) = try session.tables.interactions(
      with: table?.text,
      interactions.relation?.text
    )
    guard let named else { throw ValidationError("name the table: --table [SCHEMA.]NAME") }
    var options = NeighborOptions()
    options.key = key?.text
    options.limit = limit
    options.conditions = try conditions.map { try RowCondition(parsing: $0.text) }
    options.tables = session.tables
    return TopRows(named, by: by, of: relation, sinceDays: since?.days, options: options)
  }

  func explained(
    in session: Session,
    on db: inout PQConnection
  ) async throws -> ExplainStatement {
    ExplainStatement(try top(in: session).prepare(on: &db).statement)
  }

  func run() async throws {
    let session = try connection.session("top")
    let top = try top(in: session)
    var db = try await session.open()
    let prepared = try top.prepare(on: &db)
    guard try !sql.present(prepared.statement, as: output, in: session, on: &db) else { return }
    let answer = try top.run(prepared, on: &db)
    switch output.format {
    case .json: Console.print(json(prepared, answer).pretty)
    case .table: print(prepared, answer)
    }
  }

  private func why(_ prepared: TopRows.Prepared, _ answer: TopRows.Answer) -> String? {
    guard answer.rows.count < limit else { return nil }
    let filter = conditions.isEmpty ? "" : " where the filter holds"
    let window = since.map { ", in these \($0.days) days" } ?? ""
    return "no more rows are in \(prepared.source)\(filter)\(window)"
  }

  private func window(_ answer: TopRows.Answer) -> String {
    guard let since, let newest = answer.newest else { return "" }
    return ", in the \(since.days) days before \(newest)"
  }

  private func print(_ prepared: TopRows.Prepared, _ answer: TopRows.Answer) {
    let isRated = prepared.measure == .rating
    var table = TextTable(
      [("#", .right)] + (isRated ? [("score", .right), ("mean", .right), ("ratings", .right)] : [])
        + (isRated ? [] : [("subjects", .right)]) + [("title", .left)]
    )
    for (place, row) in answer.rows.enumerated() {
      let means = [row.score, row.mean].compactMap(\.self).map { Text.fixed($0, decimals: 2) }
      table.add([String(place + 1)] + means + [Figures.grouped(row.subjects), row.title])
    }
    if !answer.rows.isEmpty { table.print() }
    if let why = why(prepared, answer) {
      Console.print("\(answer.rows.count) of \(limit) rows: \(why)")
    }
    let measure = isRated ? "best rated by" : "most used in"
    Console.print("\(prepared.table), \(measure) \(prepared.source)\(window(answer))")
  }

  private func json(_ prepared: TopRows.Prepared, _ answer: TopRows.Answer) -> JSON {
    .object([
      ("command", .string("top")),
      ("table", .string(prepared.table)),
      ("by", .string(prepared.measure.rawValue)),
      ("source", .string(prepared.source)),
      ("newest", .optional(answer.newest)),
      ("since_days", since.map { .integer($0.days) } ?? .null),
      ("requested", .integer(limit)),
      ("returned", .integer(answer.rows.count)),
      ("complete", .bool(answer.rows.count == limit)),
      ("why", .optional(why(prepared, answer))),
      (
        "rows",
        .array(
          answer.rows.enumerated().map { place, row in
            .object([
              ("rank", .integer(place + 1)), ("id", NeighborOutput.key(row.id)),
              ("title", .string(row.title)),
              ("score", row.score.map(JSON.number) ?? .null),
              ("mean", row.mean.map(JSON.number) ?? .null),
              ("subjects", .integer(row.subjects)),
            ])
          }
        )
      ),
      ("sql", .string(prepared.statement.text)),
      ("binds", .array(prepared.statement.binds.map(NeighborOutput.bind))),
    ])
  }
}

/// A length of time in whole days: `30d`, `12w`, `1y`.
struct DayCount: ExpressibleByArgument {
  let days: Int

  init?(argument: String) {
    let units: [Character: Int] = ["d": 1, "w": 7, "y": 365]
    guard let unit = argument.last.flatMap({ units[$0] }), let count = Int(argument.dropLast()),
      (1...100_000).contains(count)
    else { return nil }
    days = count * unit
  }
}
