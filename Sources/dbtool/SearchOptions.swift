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
    guard (1...1000).contains(limit) else {
      throw ValidationError("--limit \(limit): ask for 1 to 1000 rows")
    }
    if let within, !within.isFinite { throw ValidationError("--within \(within): give a distance") }
    if let diversity, !(0...1).contains(diversity) {
      throw ValidationError("--diversity \(diversity): give a number from 0 to 1")
    }
  }

  /// The options with a table.
  func options(table: String? = nil, key: String? = nil) throws -> NeighborOptions {
    var options = NeighborOptions()
    options.table = table
    options.key = key
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
