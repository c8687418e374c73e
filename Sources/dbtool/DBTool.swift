import ArgumentParser

/// The root: no work of its own, only the groups of commands.
struct DBTool: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "dbtool",
    abstract:
      "Migrations and nearest neighbours for PostgreSQL with pgvector, as SQL you can read.",
    usage: """
      dbtool migrate
      dbtool recommend-netflix --customer 5
      dbtool recommend-netflix --customer 5 --show-sql | psql
      """,
    discussion: """
      Without --database-url, DATABASE_URL or the PG* variables, an embedded PostgreSQL is started \
      and used.
      """,
    version: version,
    groupedSubcommands: [
      CommandGroup(name: "Schema", subcommands: [MigrateCommand.self, CodegenCommand.self]),
      CommandGroup(
        name: "Vectors",
        subcommands: [EncoderCommand.self, EmbedCommand.self, IndexCommand.self]
      ),
      CommandGroup(
        name: "Neighbours",
        subcommands: [
          SimilarCommand.self, SearchCommand.self, RecommendCommand.self,
          RecommendNetflixCommand.self, WhyCommand.self, TopCommand.self,
        ]
      ),
      CommandGroup(
        name: "Trust",
        subcommands: [ExplainCommand.self, TuneCommand.self, DoctorCommand.self]
      ),
      CommandGroup(name: "Data", subcommands: [ImportCommand.self, SeedCommand.self]),
      CommandGroup(name: "House", subcommands: [ClusterCommand.self, ConfigCommand.self]),
    ]
  )
}
