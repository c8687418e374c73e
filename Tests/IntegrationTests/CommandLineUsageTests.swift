import EmbeddedPostgres
import Foundation
import TestSupport
import Testing

@Suite("The command line: usage")
struct CommandLineUsageTests {
  /// The commands as the program describes itself.
  private struct Tool: Decodable {
    struct Command: Decodable {
      var commandName: String
      var superCommands: [String]?
      var subcommands: [Command]?

      var all: [[String]] {
        let path = (superCommands ?? []) + [commandName]
        return [path] + (subcommands ?? []).flatMap(\.all)
      }
    }

    var command: Command
  }

  @Test func `every command explains itself with an example`() async throws {
    let dump = try await DBToolProcess.run(["--experimental-dump-help"])
    let tool = try JSONDecoder().decode(Tool.self, from: Data(dump.stdout.utf8))
    let commands = tool.command.all.map { Array($0.dropFirst()) }.filter { $0.last != "help" }
    #expect(commands.count >= 15)
    for command in commands {
      let help = try await DBToolProcess.run(command + ["--help"])
      let name = (["dbtool"] + command).joined(separator: " ")
      #expect(help.status == 0, "\(name)")
      #expect(help.stderr == "")
      #expect(!help.stdout.contains("\u{1B}"))
      let usage = help.stdout.split(separator: "\n").first { $0.hasPrefix("USAGE: ") } ?? ""
      #expect(usage.hasPrefix("USAGE: dbtool"), "\(name)")
      #expect(!usage.contains("<") && !usage.contains("["), "an example, not a grammar: \(usage)")
    }
  }

  @Test func `the root groups its commands`() async throws {
    let help = try await DBToolProcess.run(["--help"]).stdout
    let groups = ["SCHEMA", "VECTORS", "NEIGHBOURS"].map { help.firstRange(of: $0)?.lowerBound }
    let places = groups.compactMap(\.self)
    #expect(places.count == 3)
    #expect(places == places.sorted())
    #expect(try await DBToolProcess.run([]).stdout == help)
  }

  @Test func `tells its version`() async throws {
    let outcome = try await DBToolProcess.run(["--version"])
    #expect(outcome.status == 0)
    #expect(outcome.stdout.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
    #expect(outcome.stderr == "")
  }

  @Test(arguments: [
    (["recommend-netflx", "--customer", "5"], "did you mean \"recommend-netflix\"?"),
    (["recommend-netflx"], "did you mean \"recommend-netflix\"?"),
    (["migrat"], "did you mean \"migrate\"?"),
    (["migrate", "stauts"], "did you mean \"migrate status\"?"),
    (["index", "us"], "did you mean \"index use\"?"),
    (["cluster", "psl"], "did you mean \"cluster psql\"?"),
    (["frobnicate"], "there is no command \"frobnicate\"\n"),
    ([""], "there is no command \"\"\n"),
    (["help", "zzzz"], "there is no command \"zzzz\"\n"),
    (["recommend-netflix", "--custmer", "5"], "did you mean \"--customer\"?"),
    (["migrate", "--dri-run"], "did you mean \"--dry-run\"?"),
    (["import", "netflix", "a.csv", "--colour"], "there is no option \"--colour\"\n"),
    (["cluster", "stop", "--database-url", "x"], "there is no option \"--database-url\"\n"),
  ])
  func `an unknown command or option suggests the nearest`(arguments: [String], hint: String)
    async throws
  {
    expectRefusal(try await DBToolProcess.run(arguments), 64, says: hint, "--help")
  }

  @Test(arguments: [["indexes", "use", "--help"], ["clusters", "status", "--help"]])
  func `nouns may be in the plural`(arguments: [String]) async throws {
    let outcome = try await DBToolProcess.run(arguments)
    #expect(outcome.status == 0)
    #expect(outcome.stdout.contains("USAGE: dbtool \(arguments[0].dropLast(2))"))
  }

  @Test(arguments: [
    (["--customer", "-5"], "--customer -5"),
    (["--customer", "0"], "--customer 0"),
    (["--customer", "five"], "five"),
    (["--customer", "5.0"], "5.0"),
    (["--customer", "2147483648"], "2147483648"),
    (["--customer", "99999999999999999999"], "99999999999999999999"),
    (["--customer", ""], "--customer"),
    ([], "--customer"),
    (["--customer", "5", "--limit", "0"], "--limit 0: ask for 1 to 1000 rows"),
    (["--customer", "5", "--limit", "-1"], "--limit -1: ask for 1 to 1000 rows"),
    (["--customer", "5", "--limit", "1001"], "--limit 1001: ask for 1 to 1000 rows"),
    (
      ["--customer", "5", "--limit", "99999999999"], "--limit 99999999999: ask for 1 to 1000 rows"
    ),
    (["--customer", "5", "--limit", "99999999999999999999"], "99999999999999999999"),
    (["--customer", "5", "--metric", "euclid"], "'cosine', 'l2', 'ip' or 'l1'"),
    (["--customer", "5", "--weight", "twice"], "'equal', 'count' or 'recency'"),
    (["--customer", "5", "--format", "xml"], "'table', 'json'"),
    (["--customer", "5", "--frobnicate"], "--frobnicate"),
    (["5"], "--customer"),
  ])
  func `values out of range say what is in range`(arguments: [String], words: String) async throws {
    let outcome = try await DBToolProcess.run(["recommend-netflix"] + arguments)
    expectRefusal(outcome, 64, says: words, "dbtool recommend-netflix --help")
  }

  @Test(arguments: [
    ["migrate", "down", "0"], ["migrate", "--lock-timeout", "-1"], ["migrate", "new"],
    ["embed", "--encoder", "lexical", "--batch-size", "0"],
    ["index", "use", "ivf", "--table", "a", "--encoder", "b"],
    ["index", "use", "hnsw"], ["seed", "--replace", "--append"],
  ])
  func `wrong usage of the others is told in a few lines`(arguments: [String]) async throws {
    expectRefusal(try await DBToolProcess.run(arguments), 64)
  }

  @Test(arguments: [
    ["migrate", "--dir", ""], ["migrate", "--to", ""], ["migrate", "baseline", "--to", ""],
    ["seed", "--dir", ""], ["import", "netflix", ""], ["import", "dvdrental", ""],
    ["import", "movies", ""], ["embed", "--encoder", "lexical", "--table", ""],
    ["index", "use", "hnsw", "--table", "", "--encoder", "lexical"],
  ])
  func `an empty path or name is refused`(arguments: [String]) async throws {
    expectRefusal(try await DBToolProcess.run(arguments), 64, says: "The value '' is invalid")
  }

  @Test func `colour is for terminals that want it`() async throws {
    let plain = try await onTerminal("NO_COLOR=1")
    #expect(plain.contains("setting"))
    #expect(!plain.contains("\u{1B}"))
    #expect(try await onTerminal("COLOR=1").contains("\u{1B}[1msetting"))
    let piped = try await DBToolProcess.run(["config"], environment: ["PGHOST": "/x"])
    #expect(piped.stdout.contains("setting"))
    #expect(!piped.stdout.contains("\u{1B}"))
  }

  /// What `dbtool config` prints on a terminal of its own, which the program `script` makes.
  private func onTerminal(_ variable: String) async throws -> String {
    let command = ["/usr/bin/env", "-i", variable, "PGHOST=/x", DBToolProcess.executable, "config"]
    #if canImport(Darwin)
    let arguments = ["-q", "/dev/null"] + command
    #else
    let arguments = ["-qec", command.joined(separator: " "), "/dev/null"]
    #endif
    return try await Program.run("/usr/bin/script", arguments).output
  }

  @Test(arguments: [
    "dbname=other", "postgresql://u:s3cret@h/x", "template1", String(repeating: "x", count: 64),
  ])
  func `a database name that is none is refused`(name: String) async throws {
    let outcome = try await DBToolProcess.run(
      ["migrate", "status"],
      environment: ["DBTOOL_DATABASE": name]
    )
    expectRefusal(outcome, 64, says: "DBTOOL_DATABASE is no plain name")
    #expect(!outcome.stderr.contains("s3cret"))
  }

  @Test func `a number and --all exclude each other`() async throws {
    expectRefusal(
      try await DBToolProcess.run(["migrate", "down", "1", "--all"]),
      64,
      says: "--all"
    )
  }

  @Test func `a .env that is no text is refused`() async throws {
    let folder = try ScratchFolder()
    try folder.write(".env", [0xFF, 0xFE, 0x44, 0x00] as [UInt8])
    let outcome = try await DBToolProcess.run(["config"], directory: folder.path)
    expectRefusal(outcome, 65, says: "no UTF-8 text")
  }

  @Test func `output that cannot be written is a failure`() throws {
    let errors = Pipe()
    let process = Process()
    process.executableURL = URL(filePath: DBToolProcess.executable)
    process.arguments = ["config"]
    process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
    process.standardError = errors
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 74)
    #expect(text.contains("the output cannot be written"))
  }
}
