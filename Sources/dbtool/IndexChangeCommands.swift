import ArgumentParser
import DBToolActions
import PGCatalog
import PQClient
import VectorSQL

extension IndexCommand {
  struct Use: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "use",
      abstract:
        "Give a vector column this index: build it beside the readers, drop the one before.",
      usage: """
        dbtool index use hnsw --table product --encoder minilm
        dbtool index use hnsw_halfvec --table shop.product --encoder embedding
        dbtool index use ivfflat --table product --encoder minilm --metric l2
        dbtool index use exact --table product --encoder minilm
        """,
      discussion: """
        The index is built concurrently, so that nobody is locked out; then the registry notes which one the \
        column should have, and the one before goes. What is interrupted, by Ctrl-C or an error, leaves the \
        index before as it was and nothing half built; what is killed, the next run cleans up. An \
        index that dbtool did not make is never dropped.

        Where the build needs more than maintenance_work_mem and up to 1GB, it gets that for its session.
        """
    )

    @OptionGroup var kind: KindOptions
    @OptionGroup var column: ColumnOptions
    @OptionGroup var build: BuildOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
      let session = try connection.session("index use")
      var db = try await session.open()
      let watch = IndexWatch(session, of: db.backendPID)
      for column in try column.columns(on: &db) {
        let change = IndexSwitch(
          column,
          to: kind.kind(for: column),
          memory: build.memory?.bytes,
          events: watch.take
        )
        let outcome = try change.run(on: &db)
        watch.stop()
        build.echo(outcome.statements)
        IndexOutput.print(outcome)
      }
    }
  }

  struct Drop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "drop",
      abstract: "Drop dbtool's index of a vector column, which is then searched exactly.",
      usage: "dbtool index drop --table product --encoder minilm",
      discussion: "The same as index use exact: an index that dbtool did not make stays."
    )

    @OptionGroup var column: ColumnOptions

    @Flag(name: [.customShort("e"), .customLong("echo-sql")], help: "Print the SQL on stderr.")
    var echoSQL = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
      var db = try await connection.session("index drop").open()
      for column in try column.columns(on: &db) {
        let kind = IndexKind(.exact, by: column.metric)
        let outcome = try IndexSwitch(column, to: kind).run(on: &db)
        if echoSQL { Console.note(outcome.statements.map { $0 + ";" }) }
        IndexOutput.print(outcome)
      }
    }
  }

  struct Rebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rebuild",
      abstract: "Build a column's index anew beside itself, as after many deletions.",
      usage: """
        dbtool index rebuild --table product --encoder minilm
        dbtool index rebuild --table product --encoder minilm --index product_their_index
        """,
      discussion: """
        REINDEX CONCURRENTLY of the indexes that dbtool made, or of the one that is named. An IVFFlat index of \
        dbtool's gets as many lists as the rows of today make. Run the VACUUM that it names when there is time: \
        a vacuum before would have had to repair the old index.
        """
    )

    @OptionGroup var column: ColumnOptions

    @Option(help: "Only this index, whoever made it.")
    var index: NonEmpty?

    @OptionGroup var build: BuildOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
      let session = try connection.session("index rebuild")
      var db = try await session.open()
      let watch = IndexWatch(session, of: db.backendPID)
      for column in try column.columns(on: &db) {
        let rebuild = IndexRebuild(
          column,
          index: index?.text,
          memory: build.memory?.bytes,
          events: watch.take
        )
        let outcome = try rebuild.run(on: &db)
        watch.stop()
        build.echo(outcome.statements)
        for name in outcome.rebuilt { Console.print("rebuilt index \(name)") }
        Console.note("dbtool: next, when there is time: \(outcome.vacuum)")
      }
    }
  }
}
