import ArgumentParser
import DBToolActions
import PGCatalog
import VectorSQL

extension IndexCommand {
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "List the approximate indexes of vector columns, and what the registry wants.",
      usage: """
        dbtool index list
        dbtool index list --table shop.product
        dbtool index list --format json
        """,
      discussion: """
        Reads only. The rows of an IVFFlat index at its build stand beside those of now: when they have doubled, its \
        lists are those of other data, and it is called stale. dbtool notes the rows at build in the index's comment; of \
        other indexes there is only what PostgreSQL counted last.
        """
    )

    @Option(help: "Only this table, [SCHEMA.]NAME.")
    var table: NonEmpty?

    @OptionGroup var output: FormatOption
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
      var db = try await connection.session("index list").open()
      IndexOutput.print(try IndexList.read(table: table?.text, on: &db), output.format)
    }
  }

  struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "plan",
      abstract: "Tell what an index would be and cost, before it is built.",
      usage: """
        dbtool index plan hnsw --table product --encoder minilm
        dbtool index plan ivfflat --table shop.product --encoder embedding --format json
        """,
      discussion: """
        Changes nothing. Times are estimated: the index is built on some 3,000 of the rows in a temporary table, in a \
        transaction that is rolled back. Exit 1 where such an index cannot be built, or makes no sense.
        """
    )

    @OptionGroup var kind: KindOptions
    @OptionGroup var column: ColumnOptions
    @OptionGroup var output: FormatOption
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
      var db = try await connection.session("index plan").open()
      var isRefused = false
      for (number, column) in try column.columns(on: &db).enumerated() {
        let plan = try IndexPlan.make(kind.kind(for: column), on: column, on: &db)
        if number > 0, output.format == .table { Console.print("") }
        IndexPlanOutput.print(plan, output.format)
        isRefused = isRefused || plan.refusal != nil
      }
      if isRefused { throw ExitCode(ExitStatus.no.rawValue) }
    }
  }
}
