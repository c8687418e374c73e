import ArgumentParser
import DBToolActions
import EmbeddedPostgres

struct ClusterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster",
    abstract: "The embedded PostgreSQL, which serves where no connection is configured.",
    usage: """
      dbtool cluster status
      dbtool cluster psql
      dbtool cluster psql -c 'SELECT count(*) FROM film'
      dbtool cluster stop
      """,
    subcommands: [Start.self, Stop.self, Status.self, Psql.self, Destroy.self],
    aliases: ["clusters"]
  )

  struct Start: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "start",
      abstract: "Start the server; the first time, create the cluster.",
      usage: "dbtool cluster start"
    )

    func run() async throws {
      let session = try Session.configured("cluster start")
      let server = try await session.cluster.start { Console.note("dbtool: " + $0) }
      Console.print("PostgreSQL \(server.major) runs in \(server.dataDirectory)")
    }
  }

  struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "stop",
      abstract: "Stop the server; the databases stay.",
      usage: "dbtool cluster stop"
    )

    func run() async throws {
      let stopped = try await Session.configured("cluster stop").cluster.stop()
      Console.print(stopped ? "stopped" : "no server ran")
    }
  }

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "status",
      abstract: "Say whether the server runs, and where; exit 1 if it does not.",
      usage: """
        dbtool cluster status
        dbtool cluster status --format json
        """
    )
    @OptionGroup var output: FormatOption

    func run() async throws {
      let session = try Session.configured("cluster status")
      let cluster = session.cluster
      let (state, major, server): (String, Int?, EmbeddedServer?) =
        switch try cluster.status() {
        case .absent: ("absent", nil, nil)
        case .stopped(let major): ("stopped", major, nil)
        case .changing(let major): ("changing", major, nil)
        case .running(let server): ("running", server.major, server)
        }
      let facts: [(key: String, value: JSON)] = [
        ("state", .string(state)),
        ("directory", .string(cluster.directory)),
        ("postgresql", major.map(JSON.integer) ?? .null),
        ("pid", server.map { .integer(Int($0.processID)) } ?? .null),
        ("socket", .optional(server?.socketDirectory)),
        ("log", .optional(server?.logFile)),
        ("url", .optional(server?.url(database: session.embeddedDatabase))),
      ]
      switch output.format {
      case .json:
        Console.print(JSON.object([("command", .string("cluster status"))] + facts).pretty)
      case .table:
        for case (let key, let value) in facts {
          switch value {
          case .string(let text): Console.print(Text.padded(key, to: 12) + text)
          case .integer(let number): Console.print(Text.padded(key, to: 12) + String(number))
          default: continue
          }
        }
      }
      if server == nil { throw ExitCode(ExitStatus.no.rawValue) }
    }
  }

  struct Psql: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "psql",
      abstract: "Open the server's own psql; what follows is handed to it.",
      usage: """
        dbtool cluster psql
        dbtool cluster psql -c 'SELECT count(*) FROM film'
        """
    )

    @Argument(parsing: .captureForPassthrough, help: "Arguments of psql.")
    var arguments: [String] = []

    func run() async throws {
      guard !arguments.contains("--help") else { throw CleanExit.helpRequest(self) }
      let session = try Session.configured("cluster psql")
      let server = try await session.cluster.start { Console.note("dbtool: " + $0) }
      try session.makeDatabase(on: server)
      let parameters = server.connectionParameters(database: session.embeddedDatabase)
      try Replacement.run(
        server.program("psql"),
        arguments: arguments,
        environment: [
          "PGHOST": parameters["host"], "PGPORT": parameters["port"], "PGUSER": parameters["user"],
          "PGDATABASE": parameters["dbname"],
        ]
      )
    }
  }

  struct Destroy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "destroy",
      abstract: "Stop the server and remove the cluster with all of its databases.",
      usage: """
        dbtool cluster destroy
        dbtool cluster destroy --yes
        """
    )

    @OptionGroup var confirmation: Confirmation

    func run() async throws {
      let cluster = try Session.configured("cluster destroy").cluster
      if case .absent = try cluster.status() {
        Console.print("there is no cluster in \(cluster.directory)")
        return
      }
      try confirmation.ask("remove the embedded cluster in \(cluster.directory) with all its data")
      try await cluster.destroy()
      Console.print("removed")
    }
  }
}
