import ArgumentParser
import DBToolActions
import PQClient
import SQLMigrations
import VectorSQL

struct TuneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "The cheapest settings of an index that reach a recall, measured on your own rows.",
    usage: """
      dbtool tune --target-recall 0.95 --table product --encoder minilm
      dbtool tune --target-recall 0.99 --apply
      dbtool tune --check
      """,
    discussion: """
      Rows are held out: an HNSW index is built anew on a copy of the table without them, in a transaction that is \
      rolled back, since a row that is in the graph finds its neighbours too easily; an IVFFlat index is measured as it \
      is. They look for their neighbours, and each answer is compared with the exact one. A fifth as many rows as \
      --probes find the setting; others, which had no part in the choice, say what it reaches. --apply keeps it in the \
      registry, where searches of all rows for at most --k neighbours take it; without it nothing is written. --check \
      measures what is kept, of every table or of the one that is named, with rows drawn anew, and exits 1 where the \
      recall is no longer reached. Takes the right to create a table beside the one that is searched.
      """
  )

  @Option(
    name: .customLong("target-recall"),
    parsing: .unconditional,
    help: "The share of the true neighbours to find, above 0 and below 1. Default: 0.95."
  )
  var targetRecall: Double?

  @OptionGroup var rows: TableOptions

  @Option(help: "The encoder, or the vector column. Default: the best that covers the table.")
  var encoder: NonEmpty?

  @Option(help: "The distance: cosine, l2, ip or l1. Default: the encoder's.")
  var metric: DistanceMetric?

  @Option(
    parsing: .unconditional,
    help: "How many neighbours are looked for, 1 to 200. Default: 10."
  )
  var k: Int?

  @Option(parsing: .unconditional, help: "How many rows measure the recall, 30 to 10000.")
  var probes = 1000

  @Option(
    parsing: .unconditional,
    help: "A number that names the rows that are drawn. Default: others each time."
  )
  var seed: Int?

  @Flag(help: "Keep the settings in the registry, for all searches.")
  var apply = false

  @Flag(help: "Measure what is kept; exit 1 where it no longer reaches its recall.")
  var check = false

  @OptionGroup var output: FormatOption
  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    if let targetRecall, !(targetRecall > 0 && targetRecall < 1) {
      throw ValidationError(
        "--target-recall \(targetRecall): give a share above 0 and below 1; only comparing every row finds all"
      )
    }
    if let k, !(1...200).contains(k) { throw ValidationError("--k \(k): ask for 1 to 200") }
    guard (30...10_000).contains(probes) else {
      throw ValidationError("--probes \(probes): take 30 to 10000")
    }
    guard !check || !(apply || targetRecall != nil || k != nil) else {
      throw ValidationError(
        "--check measures what is kept: no --apply, no --target-recall, no --k"
      )
    }
  }

  func run() async throws {
    Interruption.advise("nothing was changed")
    let session = try connection.session("tune")
    var options = NeighborOptions()
    options.table = rows.table?.text
    options.key = rows.key?.text
    options.encoder = encoder?.text
    options.metric = metric
    options.tables = session.tables
    var request = TuneSearch.Request()
    request.targetRecall = targetRecall ?? request.targetRecall
    request.neighbors = k ?? request.neighbors
    request.probes = probes
    request.seed = seed ?? Int.random(in: 0..<1_000_000)
    var db = try await session.open()
    let meter = RecallMeter(session, of: db.backendPID)
    let tune = TuneSearch(request, options: options, events: meter.take)
    if check {
      let checks = try tune.check(on: &db)
      TuneOutput.print(checks, output.format)
      guard checks.allSatisfy({ $0.isReached }) else { throw ExitCode(ExitStatus.no.rawValue) }
      return
    }
    if apply {
      try tune.checkRegistry(on: &db)
      try InternalSchema.install([.registry], on: &db)
    }
    let outcome = try tune.run(on: &db)
    let isKept = apply && outcome.isReached
    if isKept { try TuneSearch.apply(outcome, on: &db) }
    TuneOutput.print(outcome, request, isKept: isKept, output.format)
    if !outcome.isReached { throw ExitCode(ExitStatus.no.rawValue) }
  }
}
