import ArgumentParser
import DBToolActions
import Movies
import PQClient

struct SeedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seed",
    abstract: "Load the small catalogue in seeds/: invented films, shows and customers.",
    usage: """
      dbtool seed
      dbtool seed --replace
      """
  )

  @Option(help: ArgumentHelp("The folder. Default: the project's seeds/.", valueName: "folder"))
  var dir: NonEmpty?

  @OptionGroup var existing: ExistingRowsOptions
  @OptionGroup var output: FormatOption
  @OptionGroup var connection: ConnectionOptions

  func run() async throws {
    let session = try connection.session("seed")
    guard let folder = dir?.text ?? session.settings.project.map({ $0.directory + "/seeds" }) else {
      throw ActionError(
        .notFound,
        "no seeds/: this folder is in no project",
        advice: "name the folder with --dir"
      )
    }
    var db = try await session.open()
    let report = try SeedImport(folder: folder, existing: existing.choice(session, db.database))
      .run(on: &db, observer: ImportOutput.observe)
    ImportOutput.print(report, command: "seed", output.format)
  }
}
