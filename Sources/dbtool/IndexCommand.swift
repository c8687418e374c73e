import ArgumentParser
import DBToolActions
import PGCatalog
import PQClient
import VectorSQL

struct IndexCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index",
    abstract: "Which index a vector column has.",
    usage: """
      dbtool index list
      dbtool index plan hnsw --table product --encoder minilm
      dbtool index use hnsw --table product --encoder minilm
      dbtool index rebuild --table product --encoder minilm
      dbtool index drop --table product --encoder minilm
      """,
    discussion: """
      On any vector column of any table: those of the registry, which notes the index that each should have, and \
      all others, of which nothing is noted. The variants stand in sql/indexes/, with what is good and bad about each.
      """,
    subcommands: [List.self, Plan.self, Use.self, Rebuild.self, Drop.self],
    aliases: ["indexes"]
  )

  /// Which column.
  struct ColumnOptions: ParsableArguments {
    @Option(help: "The table, [SCHEMA.]NAME.")
    var table: NonEmpty

    @Option(help: "The encoder whose column it is, or a vector column of the table.")
    var encoder: NonEmpty

    func columns(on db: inout PQConnection) throws -> [IndexedColumn] {
      try IndexedColumn.find(encoder: encoder.text, table: table.text, on: &db)
    }
  }

  /// Which index.
  struct KindOptions: ParsableArguments {
    @Argument(help: "exact (no index), hnsw, hnsw_halfvec, hnsw_binary or ivfflat.")
    var variant: IndexVariant

    @Option(help: "The distance that it serves: cosine, l2, ip or l1. Default: the encoder's own.")
    var metric: DistanceMetric?

    func validate() throws {
      if variant == .hnswBinary, let metric, metric != .cosine {
        throw ValidationError(
          "signs tell the angle between vectors and no other distance: hnsw_binary serves cosine"
        )
      }
    }

    func kind(for column: IndexedColumn) -> IndexKind {
      IndexKind(variant, by: metric ?? column.metric)
    }
  }

  /// How to build.
  struct BuildOptions: ParsableArguments {
    @Option(
      name: .customLong("maintenance-work-mem"),
      help: ArgumentHelp(
        "The memory to build in, as PostgreSQL writes it: 512MB, 2GB. Default: what it needs, up to 1GB.",
        valueName: "size"
      )
    )
    var memory: MemorySize?

    @Flag(name: [.customShort("e"), .customLong("echo-sql")], help: "Print the SQL on stderr.")
    var echoSQL = false

    func echo(_ statements: [String]) {
      if echoSQL { Console.note(statements.map { $0 + ";" }) }
    }
  }
}

/// A size as PostgreSQL's settings write it.
struct MemorySize: ExpressibleByArgument {
  let bytes: Int

  init?(argument: String) {
    let units = ["kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30]
    guard let unit = units.first(where: { argument.hasSuffix($0.key) }),
      let number = Int(argument.dropLast(2).filter { $0 != " " }),
      case let (bytes, isTooMuch) = number.multipliedReportingOverflow(by: unit.value), !isTooMuch,
      // The range of the setting.
      bytes >= 1 << 20, bytes < 1 << 41
    else { return nil }
    self.bytes = bytes
  }
}
