import ArgumentParser
import DBToolActions
import VectorSQL

/// What every nearest-neighbour command can be asked for, besides its table.
struct SearchOptions: ParsableArguments {
  @Option(
    help: """
      The encoder, or the vector column. Default: minilm, another or lexical, as far as it covers 90 % of \
      the table.
      """
  )
  var encoder: NonEmpty?

  @Option(
    help: "The distance: cosine, l2, ip (negative inner product) or l1. Default: the encoder's."
  )
  var metric: DistanceMetric?

  @Option(parsing: .unconditional, help: "How many rows, 1 to 1000.")
  var limit = 5

  @Option(
    name: .customLong("where"),
    help: ArgumentHelp(
      """
      Only rows of which it holds: COLUMN OP VALUE with = != < <= > >= or has; repeatable. 'genres has A|B' \
      looks for one of them.
      """,
      valueName: "condition"
    )
  )
  var conditions: [NonEmpty] = []

  @Option(parsing: .unconditional, help: "Only rows no farther away than this.")
  var within: Double?

  @Option(
    parsing: .unconditional,
    help: "How much rows have to differ from each other, 0 to 1 (MMR)."
  )
  var diversity: Double?

  @Flag(help: "Compare every row; use no index.")
  var exact = false

  func validate() throws {
    try Self.check(limit: limit)
    if let within, !within.isFinite { throw ValidationError("--within \(within): give a distance") }
    if let diversity, !(0...1).contains(diversity) {
      throw ValidationError("--diversity \(diversity): give a number from 0 to 1")
    }
  }

  /// Refuses a limit that no search takes.
  static func check(limit: Int, of things: String = "rows") throws {
    guard (1...1000).contains(limit) else {
      throw ValidationError("--limit \(limit): ask for 1 to 1000 \(things)")
    }
  }

  /// The options with a table, in a project.
  func options(_ rows: TableOptions? = nil, in session: Session) throws -> NeighborOptions {
    var options = NeighborOptions()
    options.table = rows?.table?.text
    options.key = rows?.key?.text
    options.tables = session.tables
    options.encoder = encoder?.text
    options.metric = metric
    options.limit = limit
    options.exact = exact
    options.conditions = try conditions.map { try RowCondition(parsing: $0.text) }
    options.within = within
    options.diversity = diversity
    return options
  }
}

/// Which table, and its key.
struct TableOptions: ParsableArguments {
  @Option(help: "The table, [SCHEMA.]NAME. Default: the one that has the most vectors.")
  var table: NonEmpty?

  @Option(help: "The column that tells its rows apart. Default: the primary key.")
  var key: NonEmpty?
}

/// Who used which rows.
struct InteractionsOption: ParsableArguments {
  @Option(
    name: .customLong("interactions"),
    help: ArgumentHelp(
      "Who used what: TABLE(SUBJECT, ITEM[, NUMBER][, TIME]). Default: what dbtool.json says.",
      valueName: "relation"
    )
  )
  var relation: NonEmpty?

  /// The relation with a subject, and the table whose rows they used.
  func choice(
    for subject: String,
    with table: String?,
    in session: Session
  ) throws -> (table: String?, choice: InteractionsChoice) {
    let (table, relation) = try session.tables.interactions(with: table, relation?.text)
    return (table, try InteractionsChoice(parsing: relation, subject: subject))
  }
}

extension Session {
  /// What the project says about its tables.
  var tables: ProjectTables { settings.project?.tables ?? ProjectTables() }
}
