import ArgumentParser
import DBToolActions
import PGCatalog
import PQClient
import SQLMigrations
import VectorSQL

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where to connect.
struct ConnectionOptions: ParsableArguments {
  @Option(
    name: .customLong("database-url"),
    help: ArgumentHelp(
      "The database. Default: DATABASE_URL, else PG*, else the embedded one.",
      valueName: "url"
    )
  )
  var databaseURL: String?

  /// Sessions for a command.
  func session(_ command: String) throws -> Session {
    try Session.configured(command, databaseURL: databaseURL)
  }
}

extension Session {
  /// Sessions for a command that takes its settings from the environment and the project.
  static func configured(_ command: String, databaseURL: String? = nil) throws -> Session {
    let settings = try Settings(
      databaseURL: databaseURL,
      directory: FileManager.default.currentDirectoryPath,
      environment: ProcessInfo.processInfo.environment
    )
    Console.noColor = settings["NO_COLOR"] != nil
    return Session(settings: settings, command: command) { Console.note("dbtool: " + $0) }
  }
}

/// How to print an answer.
struct FormatOption: ParsableArguments {
  enum Format: String, ExpressibleByArgument, CaseIterable { case table, json }

  @Option(help: "How to print the answer: table or json.")
  var format: Format = .table
}

/// How to print the answer, or the SQL, of a command that runs one statement.
struct StatementFormatOption: ParsableArguments {
  private enum Choice: String, ExpressibleByArgument, CaseIterable { case table, json, pgbench }

  @Option(
    name: .customLong("format"),
    help: "How to print the answer: table or json; with --show-sql also pgbench."
  )
  private var choice: Choice = .table

  /// How to print the answer.
  var format: FormatOption.Format { choice == .json ? .json : .table }

  /// Whether the SQL is printed as a script for pgbench.
  var isForPgbench: Bool { choice == .pgbench }
}

/// What to show of the SQL.
struct SQLOptions: ParsableArguments {
  @Flag(name: .customLong("show-sql"), help: "Print the SQL as a script for psql; run nothing.")
  var showSQL = false

  @Flag(
    name: [.customShort("e"), .customLong("echo-sql")],
    help: "Print the SQL on stderr as well."
  )
  var echoSQL = false

  @Flag(help: "Print how long it took.")
  var timing = false

  @Option(
    name: .customLong("as function"),
    help: ArgumentHelp(
      "Write a migration that makes this a function of the database; run nothing.",
      valueName: "name"
    )
  )
  var function: NonEmpty?

  func validate() throws {
    if function != nil, showSQL {
      throw ValidationError("--show-sql and --as function both run nothing: take one")
    }
  }

  /// Prints the script, or writes the function, where it was asked for, with a note on how it was chosen.
  ///
  /// - Returns: Whether the statement is not to be run.
  func present(
    _ statement: SQLStatement,
    as output: StatementFormatOption,
    note: String? = nil,
    into table: SQLIdentifier? = nil,
    in session: Session,
    on db: inout PQConnection
  ) throws -> Bool {
    guard showSQL || !output.isForPgbench else {
      throw ValidationError("--format pgbench goes with --show-sql: pgbench runs the script")
    }
    guard table == nil || !output.isForPgbench else {
      throw ValidationError("--into makes a table once; pgbench runs its script many times")
    }
    if showSQL || echoSQL {
      let path = try VectorExtension.changedSearchPath(on: &db)
      let script =
        (note.map { "-- \($0)\n" } ?? "")
        + (try output.isForPgbench
          ? statement.pgbenchScript(searchPath: path)
          : statement.psqlScript(into: table, searchPath: path))
      if echoSQL { Console.note(script) }
      if showSQL { Console.print(script, terminator: "") }
    }
    guard let function else { return showSQL }
    let migration = FunctionMigration(function.text, of: statement, note: note)
    let folder = MigrationFolder(session.settings.project?.migrations ?? "migrations")
    Console.printPath(try folder.addFile(titled: migration.title, text: migration.text(on: &db)))
    Console.note("dbtool: next: dbtool migrate")
    return true
  }
}
