import ArgumentParser
import DBToolActions
import Movies
import PQClient

struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Why a search is fast or slow, right or wrong: the server's plan, with a verdict.",
    usage: """
      dbtool explain similar 17 --table product --where 'price = 20'
      dbtool explain --recall recommend-netflix --customer 5
      dbtool explain --sql query.sql --bind 5 --bind "$VECTOR" --bind-null 3
      dbtool recommend-netflix --customer 5 --show-sql | dbtool explain --sql - --format json
      dbtool explain --compare-indexes similar 17 --table product
      dbtool explain --check queries/*.sql
      dbtool explain
      """,
    discussion: """
      Options before the command are those of explain, options behind it the command's own. The statement runs in \
      a read-only transaction that is rolled back; --no-analyze only plans it. The verdict is proved by planning \
      again with other ways made expensive. Without a command: recommend-netflix for the lowest customer that has \
      a profile, or similar on the only table with vectors.
      """
  )

  enum Format: String, ExpressibleByArgument, CaseIterable { case tree, json, pgjson }

  @Option(
    help: ArgumentHelp("A statement from a file, or - for standard input.", valueName: "file")
  )
  var sql: NonEmpty?

  @Option(
    name: .customLong("bind"),
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("The value of $1, then of $2, …; repeatable.", valueName: "value")
  )
  var values: [String] = []

  @Option(
    name: .customLong("bind-null"),
    help: ArgumentHelp(
      "The number of a parameter that is NULL; --bind gives the others. Repeatable.",
      valueName: "number"
    )
  )
  var nulls: [Int] = []

  @Flag(name: .customLong("no-analyze"), help: "Plan the statement; do not run it.")
  var isOnlyPlanned = false

  @Flag(help: "Run it a second time with every row compared, and tell the share that was found.")
  var recall = false

  @Option(
    help: "Seconds after which the server gives up. Default: 30, none on the embedded server."
  )
  var timeout: Int?

  @Option(help: "tree, json (with the server's plan as it came) or pgjson (that plan alone).")
  var format: Format = .tree

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      """
      Compare the plans of statements in files with those kept in plans.txt beside them; exit 1 where one flipped.
      """,
      valueName: "file"
    )
  )
  var check: [NonEmpty] = []

  @Flag(help: "With --check: keep the plans as they are now.")
  var record = false

  @Option(
    help: ArgumentHelp(
      "Judge the vector statements that cost the server most, from pg_stat_statements.",
      valueName: "count"
    )
  )
  var top: Int?

  @Flag(
    name: .customLong("compare-indexes"),
    help: "Run the search under each kind of index, on a copy of the table that nobody else sees."
  )
  var isComparing = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With --recall and --compare-indexes: how many rows of the table are probes, 10 to 10000.",
      valueName: "count"
    )
  )
  var probes: Int?

  @OptionGroup var connection: ConnectionOptions

  @Argument(
    parsing: .captureForPassthrough,
    help: "A command and its options, as they follow dbtool."
  )
  var command: [String] = []

  func validate() throws {
    if let first = command.first, ["-h", "--help"].contains(first) {
      throw CleanExit.helpRequest(Self.self)
    }
    if let first = command.first, first.hasPrefix("-") {
      throw ValidationError("explain has no option \"\(Text.oneLine(first))\"")
    }
    if sql != nil, !command.isEmpty {
      throw ValidationError("--sql and a command are two statements: take one")
    }
    if !check.isEmpty, sql != nil || !command.isEmpty {
      throw ValidationError("--check takes files alone: no --sql, no command")
    }
    if let top {
      guard (1...100).contains(top) else { throw ValidationError("--top \(top): ask for 1 to 100") }
      guard sql == nil, command.isEmpty, check.isEmpty, format != .pgjson else {
        throw ValidationError("--top stands alone: no --sql, no --check, no command, no pgjson")
      }
    }
    if record, check.isEmpty { throw ValidationError("--record goes with --check FILE") }
    if !check.isEmpty, format == .pgjson { throw ValidationError("--check prints tree or json") }
    if !check.isEmpty, recall || isOnlyPlanned || timeout != nil {
      throw ValidationError("--check only plans: no --recall, --no-analyze, --timeout")
    }
    if check.contains(where: { $0.text == "-" }) {
      throw ValidationError("--check -: plans are kept beside files, and standard input is none")
    }
    guard values.isEmpty && nulls.isEmpty || sql != nil else {
      throw ValidationError("--bind and --bind-null go with --sql")
    }
    let places = values.count + nulls.count
    if let wrong = nulls.first(where: { !(1...places).contains($0) }) {
      throw ValidationError(
        "--bind-null \(wrong): with \(values.count) of --bind the parameters are $1 to $\(places)"
      )
    }
    if Set(nulls).count < nulls.count { throw ValidationError("--bind-null names a number twice") }
    if isOnlyPlanned, recall {
      throw ValidationError("--recall runs the statement, --no-analyze does not: take one")
    }
    if isComparing {
      guard sql == nil, check.isEmpty, top == nil, !isOnlyPlanned, !recall, format != .pgjson else {
        throw ValidationError(
          "--compare-indexes takes a command alone: no --sql, --check, --top, --no-analyze, --recall, pgjson"
        )
      }
    }
    if let probes {
      guard isComparing || recall else {
        throw ValidationError("--probes goes with --recall or --compare-indexes")
      }
      guard (10...10_000).contains(probes) else {
        throw ValidationError("--probes \(probes): take 10 to 10000")
      }
    }
    if let timeout, !(0...86_400).contains(timeout) {
      throw ValidationError("--timeout \(timeout): give 1 to 86400 seconds, or 0 for no limit")
    }
  }

  func run() async throws {
    Interruption.advise("nothing was changed")
    let named = command.isEmpty ? nil : try explainable(command)
    let url = named?.connection.databaseURL ?? connection.databaseURL
    let session = try Session.configured("explain", databaseURL: url)
    guard check.isEmpty else { return try await checkPlans(in: session) }
    if let top {
      var db = try await session.open()
      return TopStatementsOutput(statements: try TopStatements(top).run(on: &db)).print(
        asJSON: format == .json
      )
    }
    let source = try sql.map { try StatementSource(TextFile.text(of: $0.text), named: $0.text) }
    var db = try await session.open()
    var explain: ExplainStatement
    if let source {
      explain = try ExplainStatement(source, values: boundValues, on: &db)
    } else if let named {
      explain = try await named.explained(in: session, on: &db)
    } else {
      let chosen = try Self.chosen(on: &db)
      Console.note("dbtool: explaining: dbtool " + chosen.map(Self.shell).joined(separator: " "))
      explain = try await explainable(chosen).explained(in: session, on: &db)
    }
    if isComparing { return try compare(explain, in: session, on: &db) }
    explain.analyzes = !isOnlyPlanned
    explain.measuresRecall = recall
    let seconds = timeout ?? (session.isEmbedded ? 0 : 30)
    explain.timeoutSeconds = seconds == 0 ? nil : seconds
    let explanation = try explain.run(on: &db)
    let advice = recall ? try advice(explain, on: &db) : []
    switch format {
    case .tree: ExplainOutput(explanation, advice: advice).print()
    case .json: Console.print(ExplainOutput(explanation, advice: advice).json.pretty)
    case .pgjson: Console.print(explanation.json)
    }
  }

  /// What other settings would change; a statement that came as text has no other probes to try.
  private func advice(
    _ explain: ExplainStatement,
    on db: inout PQConnection
  ) throws -> [SearchAdvice] {
    guard let query = explain.query else { return [] }
    let meter = ProgressMeter(unit: "queries")
    return try SearchAdvice.measure(
      query,
      probes: probes ?? 50,
      progress: { done, total in meter.show("recall", done: done, of: total) },
      on: &db
    )
  }

  private func compare(
    _ explain: ExplainStatement,
    in session: Session,
    on db: inout PQConnection
  ) throws {
    guard let query = explain.query else {
      throw ValidationError(
        "--compare-indexes takes a search: similar, search, recommend or recommend-netflix"
      )
    }
    let meter = RecallMeter(session, of: db.backendPID)
    let compare = try CompareIndexes(query, probes: probes ?? 100, seed: 0, events: meter.take)
    IndexComparisonOutput.print(try compare.run(on: &db), asJSON: format == .json)
  }

  /// The values in order, nil for NULL.
  private var boundValues: [String?] {
    var left = values[...]
    return (0..<values.count + nulls.count).map { nulls.contains($0 + 1) ? nil : left.popFirst() }
  }

  private func checkPlans(in session: Session) async throws {
    let files = try check.map { ($0.text, try TextFile.text(of: $0.text)) }
    let check = try PlanCheck(files)
    var db = try await session.open()
    let outcomes = try check.run(recording: record, on: &db)
    PlanCheckOutput(outcomes: outcomes, isRecording: record, version: db.serverVersion / 10_000)
      .print(asJSON: format == .json)
    if !record, !outcomes.allSatisfy(\.isKept) { throw ExitCode(ExitStatus.no.rawValue) }
  }

  private func explainable(_ arguments: [String]) throws -> any ExplainableCommand {
    try Suggestion.check(arguments)
    let parsed = try DBTool.parseAsRoot(Main.prepared(arguments))
    guard let command = parsed as? any ExplainableCommand else {
      if arguments.contains("--help") || arguments.contains("-h") {
        var help = parsed
        try help.run()
      }
      throw ValidationError(
        "\(arguments[0]) runs no statement to explain: take similar, search, recommend, recommend-netflix, why or "
          + "top"
      )
    }
    guard !command.sql.showSQL, command.sql.function == nil else {
      throw ValidationError("--show-sql and --as function leave nothing to explain")
    }
    return command
  }

  /// What is explained where nothing was named.
  private static func chosen(on db: inout PQConnection) throws -> [String] {
    if let customer = try RecommendNetflix.firstCustomer(on: &db) {
      return ["recommend-netflix", "--customer", String(customer)]
    }
    let (row, tables) = try SearchableRow.only(on: &db)
    if let row { return ["similar", row.key, "--table", row.table] }
    let question = "what to explain? no table with vectors is the only one"
    if try EmptyDatabase.isAt(&db) {
      throw ActionError(
        .usage,
        question,
        detail: "the database has no tables",
        advice:
          "dbtool migrate makes those of the movie database; dbtool config shows which database this is"
      )
    }
    throw ActionError(
      .usage,
      question,
      detail: tables.isEmpty ? "no table has a vector column" : nil,
      advice: tables.isEmpty
        ? "dbtool explain --sql FILE takes any statement"
        : "for example: "
          + tables.prefix(3).map { "dbtool explain similar KEY --table \(shell($0))" }
          .joined(separator: "; ")
    )
  }

  private static func shell(_ word: String) -> String {
    let isPlain = word.allSatisfy { $0.isLetter || $0.isNumber || "-_./=".contains($0) }
    return isPlain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
