import ArgumentParser
import DBToolActions
import EmbeddedPostgres
import PQClient

struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Say which settings are in force and where each came from.",
    usage: """
      dbtool config
      dbtool config --format json
      """,
    discussion: "Reads only; nothing is started. Passwords are masked."
  )

  @OptionGroup var output: FormatOption
  @OptionGroup var connection: ConnectionOptions

  func run() async throws {
    let session = try connection.session("config")
    let rows = rows(session)
    switch output.format {
    case .json:
      let settings = rows.map { row in
        JSON.object([
          ("name", .string(row.name)), ("value", .optional(row.value)),
          ("source", .string(row.source)),
        ])
      }
      Console.print(
        JSON.object([("command", .string("config")), ("settings", .array(settings))]).pretty
      )
    case .table:
      var table = TextTable([("setting", .left), ("value", .left), ("source", .left)])
      for row in rows { table.add([row.name, row.value ?? "-", row.source]) }
      table.print()
    }
  }

  private func rows(_ session: Session) -> [(name: String, value: String?, source: String)] {
    let settings = session.settings
    var rows: [(name: String, value: String?, source: String)] = []
    if let connection = settings.connection {
      rows.append(("connection", connection.shown, connection.source))
    } else {
      rows.append(
        (
          "connection", "embedded, database \(session.embeddedDatabase)",
          "nothing else is configured"
        )
      )
      rows.append(("cluster", session.cluster.directory, "default"))
    }
    rows.append(("project", settings.project?.directory, "nearest dbtool.json or migrations/"))
    rows.append(("migrations", settings.project?.migrations, "project"))
    for value in settings.values {
      rows.append((value.name, value.shown, value.source.description))
    }
    return rows
  }
}
