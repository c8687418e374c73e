import ArgumentParser
import DBToolActions
import PQClient
import VectorSQL

struct WhyCommand: ExplainableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why",
    abstract: "Why a row was recommended: which items of the profile pulled it in, and how much.",
    usage: """
      dbtool why 17 --for 5 --table product --interactions 'order_line(customer_id, product_id)'
      dbtool why "Monster Island" --for 5 --table netflix_shows --items film \\
        --interactions 'customer_film(customer_id, film_id, times)'
      """,
    discussion: """
      The similarity of profile and row is the sum of what each item adds to it; these are the shares, \
      with how often the item was used (or its mean rating) and the words that it shares with the row. Each item \
      counts once, whatever --weight a recommendation was made with.
      """
  )

  @Argument(help: ArgumentHelp("The row's key or label.", valueName: "key-or-label"))
  var row: NonEmpty

  @Option(name: .customLong("for"), help: "The subject, by its key.")
  var subject: NonEmpty

  @OptionGroup var interactions: InteractionsOption

  @Option(help: "The table of the items, where it is not the row's own.")
  var items: NonEmpty?

  @Option(help: "The encoder, or the vector column. Default: as for recommend.")
  var encoder: NonEmpty?

  @Option(parsing: .unconditional, help: "How many items, 1 to 1000.")
  var limit = 5

  @OptionGroup var rows: TableOptions
  @OptionGroup var sql: SQLOptions
  @OptionGroup var output: StatementFormatOption
  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    try SearchOptions.check(limit: limit, of: "items")
  }

  private func why(in session: Session) throws -> WhyRow {
    let (searched, choice) = try interactions.choice(
      for: subject.text,
      with: items?.text ?? rows.table?.text,
      in: session
    )
    var options = NeighborOptions()
    options.table = rows.table?.text ?? (items == nil ? searched : nil)
    options.tables = session.tables
    options.key = rows.key?.text
    options.encoder = encoder?.text
    options.limit = limit
    return WhyRow(
      row.text,
      for: choice,
      items: items?.text,
      options: options
    )
  }

  func explained(
    in session: Session,
    on db: inout PQConnection
  ) async throws -> ExplainStatement {
    ExplainStatement(try why(in: session).prepare(on: &db).statement)
  }

  func run() async throws {
    let session = try connection.session("why")
    let why = try why(in: session)
    var db = try await session.open()
    let prepared = try why.prepare(on: &db)
    guard try !sql.present(prepared.statement, as: output, in: session, on: &db) else { return }
    let items = try why.run(prepared, on: &db)
    let lack = try items.isEmpty ? why.lack(of: prepared, on: &db) : nil
    switch output.format {
    case .json: Console.print(json(prepared, items, lack).pretty)
    case .table: table(prepared, items, lack)
    }
  }

  private func table(_ prepared: WhyRow.Prepared, _ items: [WhyRow.Item], _ lack: String?) {
    if let lack { return Console.print("no items: \(lack)") }
    var table = TextTable([
      ("share", .right), ("distance", .right), ("used", .right), ("title", .left),
      ("words in common", .left),
    ])
    for item in items {
      table.add([
        item.share.map { Text.fixed($0 * 100, decimals: 1) + " %" } ?? "",
        item.distance.map { Text.fixed($0, decimals: 4) } ?? "",
        item.used.map { Text.fixed($0, decimals: $0 == $0.rounded() ? 0 : 2) } ?? "",
        item.title, item.words.joined(separator: ", "),
      ])
    }
    table.print()
    Console.print(
      "\(Text.oneLine(prepared.title)) in \(prepared.table), encoder \(prepared.encoder)"
    )
  }

  private func json(_ prepared: WhyRow.Prepared, _ items: [WhyRow.Item], _ lack: String?) -> JSON {
    .object([
      ("command", .string("why")),
      ("table", .string(prepared.table)),
      ("title", .string(prepared.title)),
      ("subject", .string(subject.text)),
      ("encoder", .string(prepared.encoder)),
      ("requested", .integer(limit)),
      ("returned", .integer(items.count)),
      ("why", .optional(lack)),
      (
        "rows",
        .array(
          items.enumerated().map { place, item in
            .object([
              ("rank", .integer(place + 1)), ("id", NeighborOutput.key(item.id)),
              ("title", .string(item.title)),
              ("share", item.share.map(JSON.number) ?? .null),
              ("distance", item.distance.map(JSON.number) ?? .null),
              ("similarity", item.distance.map { .number(1 - $0) } ?? .null),
              ("used", item.used.map(JSON.number) ?? .null),
              ("words", .array(item.words.map(JSON.string))),
            ])
          }
        )
      ),
      ("sql", .string(prepared.statement.text)),
      ("binds", .array(prepared.statement.binds.map(NeighborOutput.bind))),
    ])
  }
}
