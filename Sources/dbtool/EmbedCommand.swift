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
      dbtool embed --encoder bart --table film --from vectors.jsonl
      dbtool embed --encoder bart --table film --from vectors.npy --ids ids.txt
      dbtool embed --preview s1 --table netflix_shows
      dbtool embed --text "a heist that goes wrong"
      """,
    discussion: """
      Each batch is a transaction of its own: interrupted, the next run goes on where it stopped, and \
      several runs at once share the work. The lexical encoder counts its term weights once and keeps \
      them, so that vectors stay comparable; --refit counts them anew and makes every row stale.

      Vectors that were made elsewhere come in a file: JSON Lines, {"id": 17, "embedding": [0.1, …]}, or \
      a NumPy array with a file of ids. All of it is written, or nothing.
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
      """
      What runs the model, if not what the registry says: bert:FOLDER, ollama:MODEL (ollama alone \
      for OLLAMA_EMBEDDING_MODEL) or openai:MODEL; or a file of vectors (- for stdin).
      """,
      valueName: "source"
    )
  )
  var from: NonEmpty?

  @Option(help: ArgumentHelp("Of a .npy file: its rows' ids, one per line.", valueName: "file"))
  var ids: NonEmpty?

  @Flag(help: "Embed rows that are up to date as well.")
  var force = false

  @Flag(help: "Count the lexical encoder's term weights anew; every row is then stale.")
  var refit = false

  @Option(
    name: .customLong("batch-size"),
    parsing: .unconditional,
    help: "Rows per transaction. Default: EMBEDDING_BATCH_SIZE, else 128; 10000 for lexical."
  )
  var batchSize: Int?

  @Option(
    parsing: .unconditional,
    help: "Batches at once. Default: MAX_WORKERS, else one per core, or four for a server."
  )
  var workers: Int?

  @Option(parsing: .unconditional, help: "Embed at most so many rows.")
  var limit: Int?

  @Option(help: "Print the text of the row with this key, and embed nothing.")
  var preview: NonEmpty?

  @Option(
    parsing: .unconditional,
    help: "Print the vector of this text as a line of JSON; no database is needed."
  )
  var text: String?

  @Option(
    name: .customLong("text-file"),
    help: "Print the vectors of a file's lines (- for stdin), a line of JSON each."
  )
  var textFile: NonEmpty?

  @Flag(help: "Of --text and --text-file: put the prefix for queries before each text.")
  var query = false

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
      ("--limit", limit != nil), ("--text", text != nil), ("--text-file", textFile != nil),
    ]
    if isLexical, let option = others.first(where: \.1) {
      throw ValidationError("\(option.0) is not for the lexical encoder, which runs in SQL")
    }
    guard [preview != nil, text != nil, textFile != nil].count(where: \.self) <= 1 else {
      throw ValidationError("--preview, --text and --text-file do not go together")
    }
    if text != nil || textFile != nil {
      let others = [
        ("--table", table != nil), ("--force", force), ("--limit", limit != nil),
      ]
      if let option = others.first(where: \.1) {
        throw ValidationError("\(option.0) is for rows of tables, not for --text and --text-file")
      }
    } else if query {
      throw ValidationError("--query is for --text and --text-file")
    }
    if refit, !isLexical { throw ValidationError("--refit is for the lexical encoder") }
    try validateFile()
  }

  private var isLexical: Bool { encoder?.text == EmbedLexical.encoder }

  func run() async throws {
    let session = try connection.session("embed")
    // These begin anew each time; what they have marked stale goes on without them.
    if force { Interruption.advise("run it again without --force to go on") }
    if refit { Interruption.advise("run it again without --refit to go on") }
    if let text {
      try await encode([text], session)
    } else if let textFile {
      try await encode(try TextFile.lines(of: textFile.text), session)
    } else if let preview {
      try await printText(of: preview.text, session)
    } else if isLexical {
      try await embedLexically(session)
    } else if let file {
      try await embedFile(file, session)
    } else {
      try await embedTexts(session)
    }
  }

  // MARK: Texts without a database

  private func encode(_ texts: [String], _ session: Session) async throws {
    let name = encoder?.text ?? RegisteredEncoder.usual
    let known = from == nil ? try KnownEncoder.find(name) : try? KnownEncoder.find(name)
    let source =
      try from.map { try EncoderSource(parsing: $0.text, settings: session.settings) }
      ?? known?.source
    guard let source else { return }
    let models = ModelLoader(settings: session.settings)
    let model = try models.load(source, for: name, dimension: from == nil ? known?.dimension : nil)
    let prefix = (query ? known?.queryPrefix : known?.passagePrefix) ?? ""
    let job = EncodeTexts(
      model: model,
      batchSize: try batchSize ?? models.batchSize() ?? 32,
      workers: try workers ?? models.workers(for: source, cores: Processor.count)
    )
    try await job.run(texts.map { prefix + $0 }) { vectors in
      for vector in vectors { Console.print(try Self.line(vector)) }
    }
  }

  /// A vector as JSON, each element in the shortest digits that read back as the same number.
  private static func line(_ vector: [Float]) throws -> String {
    guard vector.allSatisfy(\.isFinite) else {
      throw ActionError(.badData, "the model gave a vector with an element that is no number")
    }
    return "{\"embedding\":[" + vector.map(\.description).joined(separator: ",") + "]}"
  }

  // MARK: What a row says

  private func printText(of key: String, _ session: Session) async throws {
    var db = try await session.open()
    let embeddings = try RegisteredEmbedding.find(
      encoder: encoder?.text ?? RegisteredEncoder.find(nil, on: &db).name,
      table: table?.text,
      on: &db
    )
    let embedding = try only(embeddings, "the row \"\(Text.oneLine(key))\" of which table?")
    let text = try embedding.text(ofRow: key, on: &db)
    switch output.format {
    case .table: Console.print(text.map(Self.shown) ?? "(the row has no text)")
    case .json:
      let answer: JSON = .object([
        ("command", .string("embed")), ("table", .string(embedding.shownTable)),
        ("encoder", .string(embedding.encoder)), ("key", .string(key)), ("text", .optional(text)),
      ])
      Console.print(answer.pretty)
    }
  }

  /// A terminal gets no signs that move its cursor; a file gets the text as it is.
  private static func shown(_ text: String) -> String {
    guard Console.outputIsTerminal else { return text }
    return text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { Text.oneLine(String($0)) }.joined(separator: "\n")
  }

  /// The only one of some embeddings; where there are several, the question is which.
  func only(
    _ embeddings: [RegisteredEmbedding],
    _ question: String
  ) throws(ActionError) -> RegisteredEmbedding {
    guard embeddings.count == 1, let embedding = embeddings.first else {
      let tables = embeddings.map(\.shownTable).joined(separator: "|")
      throw ActionError(.usage, question, advice: "name one: --table \(tables)")
    }
    return embedding
  }

  // MARK: The lexical encoder

  private func embedLexically(_ session: Session) async throws {
    var db = try await session.open()
    let job = EmbedLexical(table: table?.text, refit: refit, batchSize: batchSize ?? 10_000)
    let report = try job.run(on: &db) { table in
      Console.progress("\(table.table): \(Figures.grouped(table.rows)) rows")
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
    let settings = session.settings
    let source =
      try from.map {
        try EncoderSource(parsing: $0.text, settings: settings, url: encoder.source.url)
      } ?? encoder.source
    let models = ModelLoader(settings: settings)
    let model = try models.load(source, for: encoder.name, dimension: encoder.dimension)
    var options = EmbedTexts.Options()
    options.force = force
    options.limit = limit
    options.batchSize = try batchSize ?? models.batchSize() ?? options.batchSize
    options.workers = try workers ?? models.workers(for: source, cores: Processor.count)
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
