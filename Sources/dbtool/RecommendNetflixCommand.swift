import ArgumentParser
import DBToolActions
import Movies
import PQClient
import VectorSQL

struct RecommendNetflixCommand: ExplainableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recommend-netflix",
    abstract: "Netflix shows for a DVDRental customer, from the films that they rented.",
    usage: """
      dbtool recommend-netflix --customer 5
      dbtool recommend-netflix --customer 5 --encoder lexical --limit 10 --format json
      dbtool recommend-netflix --customer 5 --show-sql | psql
      dbtool recommend-netflix --all --limit 10 > recommendations.jsonl
      dbtool recommend-netflix --all --into recommendation
      """,
    discussion: """
      One statement averages the vectors of the customer's films and takes the nearest shows. Each \
      show names the two rented films that are nearest to it.
      """
  )

  @Option(parsing: .unconditional, help: "The customer's number.")
  var customer: Int32?

  @Flag(help: "Every customer, in one statement; a line of JSON each.")
  var all = false

  @Option(help: ArgumentHelp("With --all: make a table of the rows.", valueName: "table"))
  var into: NonEmpty?

  @Option(help: "What a film counts: equal, count (times rented) or recency (half life 90 days).")
  var weight: RecommendNetflix.Weight = .equal

  @OptionGroup var search: SearchOptions
  @OptionGroup var sql: SQLOptions
  @OptionGroup var output: StatementFormatOption
  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    guard (customer != nil) != all else {
      throw ValidationError("name a customer (--customer 5), or take --all")
    }
    guard customer ?? 1 > 0 else {
      throw ValidationError("--customer \(customer ?? 0): a customer's number is 1 or more")
    }
    if into != nil, sql.function != nil {
      throw ValidationError("--into makes a table, --as function a function: take one")
    }
    if into != nil, !all { throw ValidationError("--into goes with --all") }
    if all, search.within != nil || search.diversity != nil {
      throw ValidationError("--within and --diversity are for one customer")
    }
  }

  private func recommend(in session: Session) throws -> RecommendNetflix {
    RecommendNetflix(customer: customer, weight: weight, options: try search.options(in: session))
  }

  func explained(
    in session: Session,
    on db: inout PQConnection
  ) async throws -> ExplainStatement {
    let recommend = try recommend(in: session)
    return all
      ? ExplainStatement(try recommend.prepareForAll(on: &db).statement)
      : ExplainStatement(try recommend.prepare(on: &db))
  }

  func run() async throws {
    let session = try connection.session("recommend-netflix")
    let recommend = try recommend(in: session)
    var db = try await session.open()
    guard !all else {
      let prepared = try recommend.prepareForAll(on: &db)
      let table = into.map { SQLIdentifier(parsing: $0.text) }
      guard try !sql.present(prepared.statement, as: output, into: table, in: session, on: &db)
      else { return }
      if let table {
        let count = try RecommendRows.run(prepared, into: table, on: &db)
        return Console.print("\(Figures.grouped(count)) rows in table \(table.sql)")
      }
      return printLines(try RecommendRows.run(prepared, on: &db), of: prepared)
    }
    let query = try recommend.prepare(on: &db)
    guard try !sql.present(query.statement, as: output, note: query.note, in: session, on: &db)
    else { return }
    let answer = try recommend.run(query, explaining: output.format == .json, on: &db)
    if search.encoder == nil, output.format == .table {
      Console.note("dbtool: taking encoder \"\(answer.encoder)\"")
    }
    try NeighborOutput(command: "recommend-netflix", answer: answer, timing: sql.timing)
      .print(output.format)
  }

  private func printLines(
    _ customers: [RecommendRows.SubjectRows],
    of prepared: RecommendRows.EverySubject
  ) {
    for customer in customers {
      let rows = customer.rows.enumerated().map { place, row in
        NeighborOutput.row(place + 1, row, prepared.metric)
      }
      let line: JSON = .object([
        ("customer", NeighborOutput.key(customer.subject)),
        ("encoder", .string(prepared.target.column.encoder)),
        ("metric", .string(prepared.metric.rawValue)), ("rows", .array(rows)),
      ])
      Console.print(line.compact)
    }
  }
}
