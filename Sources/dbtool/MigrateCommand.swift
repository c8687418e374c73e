import ArgumentParser
import DBToolActions
import PQClient
import SQLMigrations

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Apply the SQL migrations of a folder, revert them, say where they stand.",
    usage: """
      dbtool migrate
      dbtool migrate status
      dbtool migrate down
      dbtool migrate new add_price
      """,
    discussion: """
      Files are VERSION_name.sql with a section "-- migrate:up" and one "-- migrate:down", as dbmate \
      writes them. Each file runs in one transaction together with its row in the history; with \
      "-- migrate:up transaction:false" it runs statement by statement.
      """,
    subcommands: [Up.self, Down.self, Status.self, New.self, Baseline.self],
    defaultSubcommand: Up.self
  )

  /// Where the files are and how patient to be.
  struct FolderOptions: ParsableArguments {
    @Option(
      help: ArgumentHelp("The folder. Default: the project's migrations/.", valueName: "folder")
    )
    var dir: NonEmpty?

    /// The folder asked for, else the project's.
    func folder(_ project: Project?) throws -> MigrationFolder {
      if let dir { return MigrationFolder(dir.text) }
      guard let project else {
        throw ActionError(
          .notFound,
          "no migrations: neither this folder nor one above it has dbtool.json or migrations/",
          advice:
            "name the folder with --dir, or make a first file: dbtool migrate new create_product"
        )
      }
      return MigrationFolder(project.migrations)
    }
  }

  struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "up",
      abstract: "Apply what is pending (the default).",
      usage: """
        dbtool migrate
        dbtool migrate --to 20260102030405
        dbtool migrate --dry-run > pending.sql && psql -X -f pending.sql
        """
    )

    @OptionGroup var files: FolderOptions

    @Option(help: "The last version to apply.")
    var to: NonEmpty?

    @Flag(
      name: .customLong("dry-run"),
      help: "Print one script for psql that does the same; run nothing."
    )
    var dryRun = false

    @Flag(
      name: .customLong("allow-out-of-order"),
      help: "Apply files older than the newest applied one."
    )
    var allowOutOfOrder = false

    @Flag(
      name: .customLong("allow-nonempty"),
      help: "Begin in a database that has tables but no history."
    )
    var allowNonEmpty = false

    @Option(
      name: .customLong("lock-timeout"),
      parsing: .unconditional,
      help: "Seconds to wait while another session migrates."
    )
    var lockTimeout = 60

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
      guard (0...86_400).contains(lockTimeout) else {
        throw ValidationError("--lock-timeout \(lockTimeout): take 0 to 86400 seconds")
      }
    }

    func run() async throws {
      let session = try connection.session("migrate")
      var migrator = Migrator(folder: try files.folder(session.settings.project))
      migrator.options.lockTimeout = .seconds(lockTimeout)
      migrator.options.allowOutOfOrder = allowOutOfOrder
      migrator.options.allowNonEmpty = allowNonEmpty
      var db = try await session.open()
      if dryRun {
        Console.print(try migrator.script(to: to?.text, on: &db), terminator: "")
        return
      }
      let applied = try migrator.up(
        to: to?.text,
        on: &db,
        report: MigrationOutput.report("applied")
      )
      if applied.isEmpty { Console.print("nothing is pending") }
    }
  }

  struct Down: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "down",
      abstract: "Revert the last migration, the last N, or all.",
      usage: """
        dbtool migrate down
        dbtool migrate down 3 --yes
        dbtool migrate down --all --yes
        """
    )

    @Argument(help: "How many to revert. Default: 1.")
    var count: Int?

    @Flag(help: "Revert all of them.")
    var all = false

    @OptionGroup var files: FolderOptions
    @OptionGroup var confirmation: Confirmation
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
      if let count, count < 1 { throw ValidationError("\(count): revert 1 or more") }
      guard count == nil || !all else {
        throw ValidationError("a number and --all exclude each other")
      }
    }

    func run() async throws {
      let session = try connection.session("migrate down")
      let migrator = Migrator(folder: try files.folder(session.settings.project))
      var db = try await session.open()
      let steps = count ?? 1
      if !session.isEmbedded {
        let what =
          all ? "all migrations" : steps == 1 ? "the last migration" : "\(steps) migrations"
        try confirmation.ask("revert \(what) in database \"\(db.database)\", with the data in it")
      }
      let reverted = try migrator.down(
        all ? nil : steps,
        on: &db,
        report: MigrationOutput.report("reverted")
      )
      if reverted.isEmpty { Console.print("nothing to revert") }
    }
  }

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "status",
      abstract: "Compare the files with the history; writes nothing.",
      usage: """
        dbtool migrate status
        dbtool migrate status --exit-code
        """
    )

    @OptionGroup var files: FolderOptions

    @Flag(name: .customLong("exit-code"), help: "Exit 1 unless everything is applied as it stands.")
    var exitCode = false

    @OptionGroup var output: FormatOption
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
      let session = try connection.session("migrate status")
      let migrator = Migrator(folder: try files.folder(session.settings.project))
      var db = try await session.open()
      let plan = try migrator.plan(on: &db)
      MigrationOutput.print(plan, output.format)
      if exitCode, !plan.isUpToDate { throw ExitCode(ExitStatus.no.rawValue) }
    }
  }

  struct New: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "new",
      abstract: "Make an empty migration file with the present time as its version.",
      usage: "dbtool migrate new add_price"
    )

    @Argument(help: "What it does, for example add_price.")
    var name: String

    @OptionGroup var files: FolderOptions

    func run() async throws {
      let project = try Session.configured("migrate new").settings.project
      let folder = files.dir?.text ?? project?.migrations ?? "migrations"
      let path = try MigrationFolder(folder).addFile(titled: name)
      Console.printPath(path)
    }
  }

  struct Baseline: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "baseline",
      abstract:
        "Record files as applied without running them, for a database that has their tables.",
      usage: """
        dbtool migrate baseline
        dbtool migrate baseline --to 20260102030405
        """
    )

    @OptionGroup var files: FolderOptions

    @Option(help: "The last version that the database has.")
    var to: NonEmpty?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
      let session = try connection.session("migrate baseline")
      let migrator = Migrator(folder: try files.folder(session.settings.project))
      var db = try await session.open()
      let recorded = try migrator.baseline(
        to: to?.text,
        on: &db,
        report: MigrationOutput.report("recorded")
      )
      for result in recorded { Console.print("recorded \(result.name)") }
      if recorded.isEmpty { Console.print("everything is recorded already") }
    }
  }
}
