import ArgumentParser
import DBToolActions

struct IndexCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index",
    abstract: "Which index a vector column has.",
    usage: """
      dbtool index use hnsw --table netflix_shows --encoder lexical
      dbtool index use exact --table netflix_shows --encoder lexical
      """,
    subcommands: [Use.self],
    aliases: ["indexes"]
  )

  struct Use: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "use",
      abstract:
        "Give a vector column this index: build it beside the readers, drop the one before.",
      usage: """
        dbtool index use hnsw --table netflix_shows --encoder lexical
        dbtool index use exact --table netflix_shows --encoder lexical
        """,
      discussion: """
        The index is built concurrently, so that nobody is locked out, and the registry notes which \
        one the column should have. An interrupted build is cleaned up by the next run.
        """
    )

    @Argument(help: "exact (no index) or hnsw (cosine distance).")
    var variant: IndexVariant

    @Option(help: "The table, [SCHEMA.]NAME.")
    var table: NonEmpty

    @Option(help: "The encoder whose column it is.")
    var encoder: NonEmpty

    @Flag(name: [.customShort("e"), .customLong("echo-sql")], help: "Print the SQL on stderr.")
    var echoSQL = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
      var db = try await connection.session("index use").open()
      let embedding = try RegisteredEmbedding.find(
        encoder: encoder.text,
        table: table.text,
        on: &db
      )
      for embedding in embedding {
        let outcome = try variant.use(for: embedding, on: &db)
        if echoSQL { Console.note(outcome.statements.map { $0 + ";" }) }
        report(outcome)
      }
    }

    private func report(_ outcome: IndexVariant.Outcome) {
      for name in outcome.dropped { Console.print("dropped index \(name)") }
      switch (outcome.index, outcome.built) {
      case (let name?, true): Console.print("built index \(name) on \(outcome.table)")
      case (let name?, false): Console.print("index \(name) on \(outcome.table) is there already")
      case (nil, _): Console.print("\(outcome.table) is searched exactly, without an index")
      }
    }
  }
}
