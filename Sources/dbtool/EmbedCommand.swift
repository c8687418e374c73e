import ArgumentParser
import DBToolActions
import PQClient

struct EmbedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Make the vectors of rows that have none, or whose text has changed.",
    usage: """
      dbtool embed --encoder minilm
      dbtool embed --encoder minilm --table film --limit 100
      dbtool embed --encoder lexical --refit
      """,
    discussion: """
      Each batch is a transaction of its own: interrupted, the next run goes on where it stopped, and \
      several runs at once share the work. The lexical encoder counts its term weights once and keeps \
      them, so that vectors stay comparable; --refit counts them anew and makes every row stale.
      """
  )

  @Option(
    help: "The encoder, by its name in the registry. Default: minilm, or the only one there is."
  )
  var encoder: NonEmpty?

  @Option(
    help: "Only this table, [SCHEMA.]NAME. Default: every table that the encoder has a column in."
  )
  var table: NonEmpty?

  @Option(
    help: ArgumentHelp(
      "What runs the model, if not what the registry says: bert:FOLDER.",
      valueName: "source"
    )
  )
  var from: NonEmpty?

  @Flag(help: "Embed rows that are up to date as well.")
  var force = false

  @Flag(help: "Count the lexical encoder's term weights anew; every row is then stale.")
  var refit = false

  @Option(
    name: .customLong("batch-size"),
    parsing: .unconditional,
    help: "Rows per transaction. Default: 128, for the lexical encoder 10000."
  )
  var batchSize: Int?

  @Option(parsing: .unconditional, help: "Batches at once. Default: one per core.")
  var workers: Int?

  @Option(parsing: .unconditional, help: "Embed at most so many rows.")
  var limit: Int?

  @OptionGroup var output: FormatOption
  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    let most = isLexical ? 1_000_000 : 2_000
    guard (1...most).contains(batchSize ?? 1) else {
      throw ValidationError("--batch-size \(batchSize ?? 0): take 1 to \(most) rows")
    }
    guard (1...64).contains(workers ?? 1) else {
      throw ValidationError("--workers \(workers ?? 0): take 1 to 64")
    }
    guard limit ?? 1 >= 1 else {
      throw ValidationError("--limit \(limit ?? 0): take 1 or more rows")
    }
    let others = [
      ("--from", from != nil), ("--force", force), ("--workers", workers != nil),
      ("--limit", limit != nil),
    ]
    if isLexical, let option = others.first(where: \.1) {
      throw ValidationError("\(option.0) is not for the lexical encoder, which runs in SQL")
    }
    if refit, !isLexical { throw ValidationError("--refit is for the lexical encoder") }
  }

  private var isLexical: Bool { encoder?.text == EmbedLexical.encoder }

  func run() async throws {
    let session = try connection.session("embed")
    if isLexical {
      try await embedLexically(session)
    } else {
      try await embedTexts(session)
    }
  }

  // MARK: The lexical encoder

  private func embedLexically(_ session: Session) async throws {
    var db = try await session.open()
    let job = EmbedLexical(table: table?.text, refit: refit, batchSize: batchSize ?? 10_000)
    let report = try job.run(on: &db) { table in
      Console.progress("\(table.table): \(Text.grouped(table.rows)) rows")
    }
    Console.progress(nil)
    EmbedOutput(encoder: EmbedLexical.encoder, lexical: report).print(output.format)
  }

  // MARK: Models

  private func embedTexts(_ session: Session) async throws {
    var db = try await session.open()
    let encoder = try RegisteredEncoder.find(encoder?.text, on: &db)
    let embeddings = try RegisteredEmbedding.find(
      encoder: encoder.name,
      table: table?.text,
      on: &db
    )
    let source = try from.map { try EncoderSource(parsing: $0.text, url: encoder.source.url) }
    let model = try ModelLoader(settings: session.settings)
      .load(source ?? encoder.source, for: encoder.name, dimension: encoder.dimension)
    var options = EmbedTexts.Options()
    options.force = force
    options.limit = limit
    options.batchSize = batchSize ?? options.batchSize
    options.workers = workers ?? Processor.count
    let meter = ProgressMeter(unit: "rows")
    let job = EmbedTexts(
      encoder,
      model: model,
      options: options,
      connect: { try await session.open() },
      progress: { meter.show($0.table, done: $0.done, of: $0.total) }
    )
    let reports = try await job.run(embeddings, on: &db)
    Console.progress(nil)
    EmbedOutput(encoder: encoder.name, reports).print(output.format)
    if reports.contains(where: { !$0.failed.isEmpty }) {
      throw ExitCode(ExitStatus.badData.rawValue)
    }
  }
}
