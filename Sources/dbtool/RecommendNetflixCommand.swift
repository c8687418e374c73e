import ArgumentParser
import DBToolActions
import Movies
import VectorSQL

struct RecommendNetflixCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recommend-netflix",
    abstract: "Netflix shows for a DVDRental customer, from the films that they rented.",
    usage: """
      dbtool recommend-netflix --customer 5
      dbtool recommend-netflix --customer 5 --encoder lexical --limit 10 --format json
      dbtool recommend-netflix --customer 5 --show-sql | psql
      """,
    discussion: """
      One statement averages the vectors of the customer's films and takes the nearest shows. Each \
      show names the two rented films that are nearest to it.
      """
  )

  @Option(parsing: .unconditional, help: "The customer's number.")
  var customer: Int32

  @Option(
    help: "The encoder. Default: the first of minilm, lexical that covers 90 % of both tables."
  )
  var encoder: String?

  @Option(help: "The distance: cosine, l2, ip (negative inner product) or l1.")
  var metric: DistanceMetric = .cosine

  @Option(parsing: .unconditional, help: "How many shows, 1 to 1000.")
  var limit = 5

  @Option(help: "What a film counts: equal, count (times rented) or recency (half life 90 days).")
  var weight: RecommendNetflix.Weight = .equal

  @Flag(help: "Compare every show; use no index.")
  var exact = false

  @OptionGroup var sql: SQLOptions
  @OptionGroup var output: FormatOption
  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    guard customer > 0 else {
      throw ValidationError("--customer \(customer): a customer's number is 1 or more")
    }
    guard (1...1000).contains(limit) else {
      throw ValidationError("--limit \(limit): ask for 1 to 1000 shows")
    }
  }

  func run() async throws {
    let recommend = RecommendNetflix(
      customer: customer,
      encoder: encoder,
      metric: metric,
      limit: limit,
      exact: exact,
      weight: weight
    )
    var db = try await connection.session("recommend-netflix").open()
    if sql.showSQL || sql.echoSQL {
      guard try !sql.present(recommend.prepare(on: &db).statement) else { return }
    }
    let answer = try recommend.run(explaining: output.format == .json, on: &db)
    if encoder == nil, output.format == .table {
      Console.note("dbtool: taking encoder \"\(answer.encoder)\"")
    }
    try NeighborOutput(command: "recommend-netflix", answer: answer, timing: sql.timing)
      .print(output.format)
  }
}
