import ArgumentParser
import DBToolActions
import VectorSQL

struct RecommendCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recommend",
    abstract: "Rows for somebody, from what they used; or rows like several others.",
    usage: """
      dbtool recommend --for 5 --table product --interactions 'order_line(customer_id, product_id)'
      dbtool recommend --like 3,8 --table product --where 'price < 20'
      dbtool recommend --for 5 --table netflix_shows --items film \\
        --interactions 'customer_film(customer_id, film_id, times, last_rented)' --weight recency
      """,
    discussion: """
      One statement averages the vectors of what was used and takes the nearest rows, leaving out what \
      was used. Behind subject and item a relation may name a number (how often, or a rating) and a time.
      """
  )

  enum Weight: String, ExpressibleByArgument, CaseIterable {
    case equal, count, rating, recency
  }

  @Option(name: .customLong("for"), help: "The subject, by its key.")
  var subject: NonEmpty?

  @Option(
    help: ArgumentHelp(
      "Who used what: TABLE(SUBJECT, ITEM[, WEIGHT][, TIME]).",
      valueName: "relation"
    )
  )
  var interactions: NonEmpty?

  @Option(help: "The table of the items, where it is not the one that is searched.")
  var items: NonEmpty?

  @Option(
    help: ArgumentHelp("Rows by keys or labels, with commas between them.", valueName: "rows")
  )
  var like: NonEmpty?

  @Option(
    help:
      "What an item counts: equal, count, rating (weights by the number) or recency (half life 90 days)."
  )
  var weight: Weight = .equal

  @Flag(name: .customLong("include-seen"), help: "Find what was used as well.")
  var includesSeen = false

  @OptionGroup var rows: TableOptions
  @OptionGroup var search: SearchOptions
  @OptionGroup var sql: SQLOptions
  @OptionGroup var output: FormatOption
  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    guard (subject == nil) != (like == nil) else {
      throw ValidationError("name a subject (--for) or rows (--like)")
    }
    guard (subject == nil) == (interactions == nil) else {
      throw ValidationError("--for goes with --interactions 'TABLE(SUBJECT, ITEM)'")
    }
    if like != nil, items != nil || weight != .equal {
      throw ValidationError("--items and --weight go with --for")
    }
  }

  private var profileWeight: ProfileWeight {
    switch weight {
    case .equal: .equal
    case .count: .count
    case .rating: .rating
    case .recency: .recency(halfLifeDays: 90)
    }
  }

  private func taste() throws -> RecommendRows.Taste {
    if let like {
      return .rows(like.text.split(separator: ",").map { $0.trimmed })
    }
    return .subject(
      try InteractionsChoice(
        parsing: interactions?.text ?? "",
        subject: subject?.text ?? ""
      ),
      items: items?.text,
      weight: profileWeight
    )
  }

  func run() async throws {
    let recommend = RecommendRows(
      try taste(),
      includesSeen: includesSeen,
      options: try search.options(table: rows.table?.text, key: rows.key?.text)
    )
    var db = try await connection.session("recommend").open()
    let query = try recommend.prepare(on: &db)
    guard try !sql.present(query.statement, note: query.note) else { return }
    let answer = try recommend.run(query, explaining: output.format == .json, on: &db)
    if output.format == .table, search.encoder == nil || rows.table == nil {
      Console.note("dbtool: rows of \(answer.table), by encoder \"\(answer.encoder)\"")
    }
    try NeighborOutput(command: "recommend", answer: answer, timing: sql.timing).print(
      output.format
    )
  }
}

extension Substring {
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
