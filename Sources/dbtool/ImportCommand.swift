import ArgumentParser
import DBToolActions
import EmbeddedPostgres
import Movies
import PQClient

struct ImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Load the movie database's public data sets.",
    usage: """
      dbtool import dvdrental dvdrental.tar
      dbtool import netflix netflix_titles.csv
      dbtool import movies movies.json
      """,
    discussion: """
      Each import is one transaction. Tables that have rows already are left alone unless --replace \
      or --append says what is meant.
      """,
    subcommands: [DVDRental.self, Netflix.self, MovieCatalogue.self]
  )

  struct DVDRental: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "dvdrental",
      abstract: "The DVDRental sample: a dump in any of pg_dump's formats.",
      usage: """
        dbtool import dvdrental dvdrental.tar
        dbtool import dvdrental dvdrental.zip --replace
        """,
      discussion: """
        Archives are written out as SQL by the newest pg_restore found. Of any dump only the rows of \
        the fifteen known tables are taken; nothing else in it is executed.
        """
    )

    @Argument(help: "An archive (tar, custom, directory), a zip of one, or a plain SQL dump.")
    var path: NonEmpty

    @OptionGroup var existing: ExistingRowsOptions
    @OptionGroup var output: FormatOption
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
      let session = try connection.session("import dvdrental")
      var db = try await session.open()
      let rows = try existing.choice(session, db.database)
      let programs = await session.programs("pg_restore")
      let report = try await DVDRentalImport(path: path.text, existing: rows, pgRestore: programs)
        .run(on: &db, observer: ImportOutput.observe)
      ImportOutput.print(report, command: "import dvdrental", output.format)
    }
  }

  struct Netflix: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "netflix",
      abstract: "The public list of Netflix titles, as CSV.",
      usage: """
        dbtool import netflix netflix_titles.csv
        dbtool import netflix netflix_titles.csv --replace
        """,
      discussion: """
        Commas, semicolons or tabs; columns in any order; dates like 25-Sep-21, September 25, 2021 or \
        2021-09-25.
        """
    )

    @Argument(help: "The CSV file.")
    var path: NonEmpty

    @OptionGroup var existing: ExistingRowsOptions
    @OptionGroup var output: FormatOption
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
      let session = try connection.session("import netflix")
      var db = try await session.open()
      let report = try NetflixImport(
        path: path.text,
        existing: existing.choice(session, db.database)
      )
      .run(on: &db, observer: ImportOutput.observe)
      ImportOutput.print(report, command: "import netflix", output.format)
    }
  }

  struct MovieCatalogue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "movies",
      abstract: "The course catalogue, as JSON.",
      usage: "dbtool import movies movies.json"
    )

    @Argument(help: "The JSON file.")
    var path: NonEmpty

    @OptionGroup var existing: ExistingRowsOptions
    @OptionGroup var output: FormatOption
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
      let session = try connection.session("import movies")
      var db = try await session.open()
      let rows = try existing.choice(session, db.database)
      let report = try MovieCatalogueImport(path: path.text, existing: rows)
        .run(on: &db, observer: ImportOutput.observe)
      ImportOutput.print(report, command: "import movies", output.format)
    }
  }
}

/// What to do with rows that are there already.
struct ExistingRowsOptions: ParsableArguments {
  @Flag(help: "Delete the rows that are there, with their embeddings, first.")
  var replace = false

  @Flag(help: "Add to the rows that are there.")
  var append = false

  @OptionGroup var confirmation: Confirmation

  func validate() throws {
    guard !(replace && append) else {
      throw ValidationError("--replace and --append exclude each other")
    }
  }

  /// The choice; replacing what is not in the embedded cluster is asked about first.
  func choice(_ session: Session, _ database: String) throws -> ExistingRows {
    if replace, !session.isEmbedded {
      try confirmation.ask("delete the rows of the tables in database \"\(database)\" first")
    }
    return replace ? .replace : append ? .append : .refuse
  }
}
