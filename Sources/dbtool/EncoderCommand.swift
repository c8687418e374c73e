import ArgumentParser
import DBToolActions
import PGCatalog
import SQLMigrations
import VectorSQL

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

struct EncoderCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encoder",
    abstract: "The registry: which models fill which columns from which texts.",
    usage: """
      dbtool encoder list
      dbtool encoder show minilm
      dbtool encoder add nomic --table article --template '{title}. {body}'
      dbtool encoder adopt article.embedding --as ours --from openai:text-embedding-3-small \\
        --template '{title}. {body}'
      dbtool encoder remove ours
      """,
    subcommands: [List.self, Show.self, Add.self, Adopt.self, Remove.self],
    aliases: ["encoders"]
  )

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "List the encoders, their columns and how far each is filled.",
      usage: "dbtool encoder list"
    )

    @OptionGroup var output: FormatOption
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
      var db = try await connection.session("encoder list").open()
      var entries: [EncoderOutput.Entry] = []
      for encoder in try RegisteredEncoder.readAll(on: &db) {
        entries.append((encoder, try ColumnFill.read(encoder.name, on: &db)))
      }
      EncoderOutput.printList(entries, output.format)
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show",
      abstract: "Show an encoder: its model, whether it can be reached, and its vectors.",
      usage: """
        dbtool encoder show minilm
        dbtool encoder show nomic --format json
        """,
      discussion: "A server is asked once, for two seconds at most. Reads only."
    )

    @Argument(help: "The encoder.")
    var name: String

    @OptionGroup var output: FormatOption
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
      let session = try connection.session("encoder show")
      var db = try await session.open()
      let encoder = try RegisteredEncoder.find(name, on: &db)
      let fills = try ColumnFill.read(encoder.name, on: &db)
      for fill in fills where fill.vectors == nil {
        Console.note(
          "dbtool: \(fill.embedding.vectors.appending(fill.embedding.vectorColumn).sql) is not there; "
            + "dbtool encoder remove \(encoder.name) --table \(fill.embedding.shownTable) forgets it"
        )
      }
      let coverage = try EncoderCoverage.read(
        encoder,
        of: fills.filter { $0.vectors != nil }.map(\.embedding),
        on: &db
      )
      let model = await ModelStatus.read(encoder, ModelLoader(settings: session.settings))
      EncoderOutput.printOne(encoder, model, coverage, output.format)
    }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add",
      abstract: "Write a migration that gives tables a column for an encoder.",
      usage: """
        dbtool encoder add nomic --table article --template '{title}. {body}'
        dbtool encoder add ours --dimensions 768 --from ollama:our-model \\
          --table article --template '{title}[ by {author}]. {body}' \\
          --table comment --template '{body}'
        """,
      discussion: """
        The database is only read; dbtool migrate applies the file. A template stands for the \
        table before it: {column}, {tags:5} for the first elements of an array, and [brackets] \
        around what vanishes where a column has nothing.
        """
    )

    @Argument(help: "The encoder's name.")
    var name: String

    @Option(parsing: .unconditional, help: "The elements in a vector, unless the encoder is known.")
    var dimensions: Int?

    @Option(
      help: ArgumentHelp(
        "What runs the model, unless the encoder is known: ollama:MODEL, openai:MODEL, bert:FOLDER, file:NAME.",
        valueName: "source"
      )
    )
    var from: NonEmpty?

    @Option(help: "The server's address, if not what OLLAMA_HOST or OPENAI_BASE_URL says.")
    var url: NonEmpty?

    @Option(help: "A table, [SCHEMA.]NAME; repeatable.")
    var table: [NonEmpty]

    @Option(help: "The text of a row; one for each --table.")
    var template: [NonEmpty]

    @Option(help: "The column that tells rows apart. Default: the primary key.")
    var key: NonEmpty?

    @Option(help: "The distance: cosine, l2, ip or l1. Default: cosine.")
    var metric: DistanceMetric?

    @Option(name: .customLong("query-prefix"), help: "Put before texts that are searched for.")
    var queryPrefix: String?

    @Option(name: .customLong("passage-prefix"), help: "Put before texts that are stored.")
    var passagePrefix: String?

    @OptionGroup var files: MigrateCommand.FolderOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
      guard table.count == template.count, !table.isEmpty else {
        throw ValidationError(
          "give each --table a --template: --table article --template '{title}'"
        )
      }
    }

    func run() async throws {
      let session = try connection.session("encoder add")
      var db = try await session.open()
      let registered = try AddEncoder.registered(name, on: &db)
      let encoder = try addition(session.settings, registered)
      try encoder.check(against: registered)
      var targets: [AddEncoder.Target] = []
      for (table, template) in zip(table, template) {
        targets.append(
          try encoder.target(table.text, key: key?.text, template: template.text, on: &db)
        )
      }
      let folder = files.dir?.text ?? session.settings.project?.migrations ?? "migrations"
      try VectorExtension.makeVisible(on: &db)
      let searchPath = try VectorExtension.changedSearchPath(on: &db)
      let path = try MigrationFolder(folder)
        .addFile(
          titled: "add_encoder_\(name)",
          text: encoder.migration(for: targets, searchPath: searchPath)
        )
      Console.printPath(path)
      let hasHistory = try AddEncoder.hasHistory(on: &db)
      let migrate = hasHistory ? "dbtool migrate" : "dbtool migrate --allow-nonempty"
      Console.note("dbtool: next: \(migrate), then dbtool embed --encoder \(name)")
    }

    /// What was said, and for the rest what the registry has, or what is known of the name.
    private func addition(
      _ settings: Settings,
      _ registered: RegisteredEncoder?
    ) throws -> AddEncoder {
      let known = try? KnownEncoder.find(name)
      let usual = registered?.source ?? known?.source
      if from == nil, let usual { try EncoderSource.check(url?.text, for: usual.kind) }
      let source =
        try from.map {
          try EncoderSource(
            parsing: $0.text,
            of: EncoderSource.registrable,
            settings: settings,
            url: url?.text
          )
        } ?? usual.map { EncoderSource($0.kind, model: $0.model, url: url?.text ?? $0.url) }
      guard let source, let dimension = dimensions ?? registered?.dimension ?? known?.dimension
      else {
        throw ValidationError("encoder \(name) is not known: give --dimensions and --from")
      }
      if registered == nil, let known, source == known.source, dimension != known.dimension {
        throw ValidationError(
          "\(known.source) makes vectors of \(known.dimension) elements, not \(dimension)"
        )
      }
      return try AddEncoder(
        name,
        from: source,
        dimension: dimension,
        metric: metric ?? registered?.metric ?? .cosine,
        queryPrefix: queryPrefix ?? registered?.queryPrefix ?? known?.queryPrefix ?? "",
        passagePrefix: passagePrefix ?? registered?.passagePrefix ?? known?.passagePrefix ?? ""
      )
    }
  }

  struct Adopt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "adopt",
      abstract: "Register a vector column that exists already; nothing else is touched.",
      usage: """
        dbtool encoder adopt article.embedding --as ours --from openai:text-embedding-3-small \\
          --template '{title}. {body}'
        dbtool encoder adopt article_embedding.embedding --of article --as ours \\
          --from ollama:our-model --template '{title}'
        """,
      discussion: """
        The vectors that are there count as made from the present texts; dbtool embed makes those \
        that are missing, and later those whose texts change.
        """
    )

    @Argument(help: "The column, [SCHEMA.]TABLE.COLUMN.")
    var column: String

    @Option(name: .customLong("as"), help: "The encoder's name.")
    var name: NonEmpty

    @Option(
      help: ArgumentHelp("What makes such vectors: openai:MODEL, file:NAME, …", valueName: "source")
    )
    var from: NonEmpty?

    @Option(help: "The server's address, if not what OLLAMA_HOST or OPENAI_BASE_URL says.")
    var url: NonEmpty?

    @Option(help: "The text of a row.")
    var template: NonEmpty

    @Option(name: .customLong("of"), help: "The embedded table, where this one only holds vectors.")
    var parent: NonEmpty?

    @Option(help: "The column that tells embedded rows apart. Default: the primary key.")
    var key: NonEmpty?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
      let session = try connection.session("encoder adopt")
      let adoption = try AdoptEmbedding(
        column,
        as: name.text,
        from: try from.map {
          try EncoderSource(
            parsing: $0.text,
            of: EncoderSource.registrable,
            settings: session.settings,
            url: url?.text
          )
        },
        template: template.text,
        of: parent?.text,
        key: key?.text
      )
      var db = try await session.open()
      let outcome = try adoption.run(on: &db)
      Console.print(
        "adopted \(outcome.column) as encoder \(name.text): \(outcome.dimension) dimensions, "
          + "\(Figures.grouped(outcome.vectors)) vectors"
      )
      if outcome.nonUnit > 0 {
        Console.note(
          "dbtool: \(Figures.grouped(outcome.nonUnit)) of them are not of length 1, as those that embed makes "
            + "are: compare them by cosine"
        )
      }
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove",
      abstract: "Take an encoder out of the registry; its columns and vectors stay.",
      usage: """
        dbtool encoder remove ours
        dbtool encoder remove ours --table article
        """
    )

    @Argument(help: "The encoder.")
    var name: String

    @Option(help: "Only its column of this table, [SCHEMA.]NAME.")
    var table: NonEmpty?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
      var db = try await connection.session("encoder remove").open()
      let columns = try RemoveEncoder(name, table: table?.text).run(on: &db)
      Console.print("removed \(name) from the registry")
      for column in columns { Console.print("kept column \(column)") }
    }
  }
}
