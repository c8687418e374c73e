import ArgumentParser
import DBToolActions

struct CodegenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "codegen",
    abstract: "Write Swift types for the tables of a database.",
    usage: """
      dbtool codegen --output Sources/Shop/Tables
      dbtool codegen --output Sources/Shop/Tables --schema shop --table customer --access public
      dbtool codegen --output Sources/Shop/Tables --check
      """,
    discussion: """
      An enum for each table, with a member for each column: types, NULL, keys, and a vector column with the \
      label of its encoder, so that vectors of different meaning do not compile together. What one run makes is \
      what the folder holds: generated files of tables that are no more go. Files that dbtool did not \
      generate are never touched.
      """
  )

  @Option(help: ArgumentHelp("The folder for the files.", valueName: "dir"))
  var output: NonEmpty

  @Option(
    name: .customLong("schema"),
    help: "The tables of this schema; repeatable. Default: of all."
  )
  var schemas: [NonEmpty] = []

  @Option(name: .customLong("table"), help: "This table, [SCHEMA.]NAME; repeatable.")
  var tables: [NonEmpty] = []

  @Option(help: "The access level: internal, package or public.")
  var access: GenerateTypes.Access = .internal

  @Flag(help: "Write nothing; exit 1 where the files are not what they would be.")
  var check = false

  @OptionGroup var format: FormatOption
  @OptionGroup var connection: ConnectionOptions

  func run() async throws {
    let generate = GenerateTypes(
      schemas: schemas.map(\.text),
      tables: tables.map(\.text),
      access: access
    )
    var db = try await connection.session("codegen").open()
    let files = try generate.files(on: &db)
    let folder = GeneratedFolder(output.text)
    let changes = try folder.changes(to: files)
    if !check { try folder.write(files, changes) }
    print(files, changes)
    if check, !changes.isEmpty { throw ExitCode(ExitStatus.no.rawValue) }
  }

  private func print(
    _ files: [GenerateTypes.File],
    _ changes: [(name: String, change: GeneratedFolder.Change)]
  ) {
    guard format.format == .table else {
      let list = changes.map { name, change in
        JSON.object([("file", .string(name)), ("change", .string(change.rawValue))])
      }
      let answer: JSON = .object([
        ("command", .string("codegen")), ("output", .string(output.text)),
        ("files", .integer(files.count)), ("written", .bool(!check)), ("changes", .array(list)),
      ])
      return Console.print(answer.pretty)
    }
    for (name, change) in changes {
      let done = change == .stale ? "removed" : "wrote"
      Console.print("\(check ? change.rawValue : done) \(output.text)/\(name)")
    }
    let same = files.count - changes.count { $0.change != .stale }
    Console.print(
      "\(files.count) files in \(output.text), \(same) \(check ? "as they should be" : "unchanged")"
    )
  }
}
