import ArgumentParser
import DBToolActions
import PQClient
import VectorSQL

struct RecommendCommand: ExplainableCommand {
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

  @OptionGroup var interactions: InteractionsOption

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
  @OptionGroup var output: StatementFormatOption
  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    guard (subject == nil) != (like == nil) else {
      throw ValidationError("name a subject (--for) or rows (--like)")
    }
    guard subject != nil || interactions.relation == nil else {
      throw ValidationError("--interactions goes with --for SUBJECT")
    }
    if let like, !like.text.split(separator: ",").contains(where: { !$0.trimmed.isEmpty }) {
      throw ValidationError(
        "--like \(like.text): name rows by keys or labels, with commas between them"
      )
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

  /// Whom or what for, and the table whose rows that is about.
  private func taste(in session: Session) throws -> (table: String?, RecommendRows.Taste) {
    guard let subject else {
      let names = (like?.text ?? "").split(separator: ",").map { $0.trimmed }
      return (nil, .rows(names))
    }
    let (table, choice) = try interactions.choice(
      for: subject.text,
      with: items?.text ?? rows.table?.text,
      in: session
    )
    return (table, .subject(choice, items: items?.text, weight: profileWeight))
  }

  private func recommend(in session: Session) throws -> RecommendRows {
    var options = try search.options(rows, in: session)
    let (table, taste) = try taste(in: session)
    if items == nil { options.table = options.table ?? table }
    return RecommendRows(taste, includesSeen: includesSeen, options: options)
  }

  func explained(
    in session: Session,
    on db: inout PQConnection
  ) async throws -> ExplainStatement {
    ExplainStatement(try recommend(in: session).prepare(on: &db))
  }

  func run() async throws {
    let session = try connection.session("recommend")
    let recommend = try recommend(in: session)
    var db = try await session.open()
    let query = try recommend.prepare(on: &db)
    guard try !sql.present(query.statement, as: output, note: query.note, in: session, on: &db)
    else { return }
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
