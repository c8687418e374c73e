import ArgumentParser
import DBToolActions
import EmbeddedPostgres
import Movies
import PQClient
import SQLMigrations
import TextEncoders
import VectorSQL

/// The exit codes, as scripts may rely on them (sysexits.h, but for the first two).
enum ExitStatus: Int32 {
  case done = 0
  case no = 1
  case usage = 64
  case badData = 65
  case notFound = 66
  case unavailable = 69
  case bug = 70
  case outputFailed = 74
  case tryAgain = 75
  case rights = 77
  case configuration = 78
}

/// An error as the command line reports it: an exit code and at most four lines.
struct Failure {
  let status: ExitStatus
  let lines: [String]

  /// What we know how to report; nil for what the argument parser reports itself.
  init?(_ error: any Error) {
    switch error {
    case let error as ActionError:
      status = Self.status(error.category)
      let excerpt = error.excerpt.map { $0.split(separator: "\n").map { "  " + $0 } } ?? []
      let parts = Self.lines(error.message, error.detail, error.advice)
      lines = Array((parts.prefix(1) + excerpt + parts.dropFirst()).prefix(4))
    case let error as PostgresError:
      (status, lines) = Self.report(error)
    case let error as EmbeddedPostgresError:
      (status, lines) = Self.report(error)
    case let error as AdvisoryLockTimeout:
      status = .tryAgain
      let holder = error.holder.map { "\($0.application), server process \($0.pid)" }
      lines = Self.lines(
        "another session holds dbtool's lock on this database: \(holder ?? "one that is not visible")",
        "waited for \(error.waited.components.seconds) s; nothing was done",
        "run the command again when it is finished"
      )
    case let error as MigrationError:
      status = Self.status(error.category)
      lines = error.lines.enumerated()
        .map { ($0.offset == 0 ? "dbtool: " : "  ") + Text.oneLine($0.element) }
    case let error as MigrationParsingError:
      status = .badData
      lines = Self.lines(error.description, error.advice)
    case let error as ImportError:
      status = Self.status(error.category)
      lines = Self.lines("\(error.place): \(error.sentence)", error.detail, error.advice)
    case let error as EncoderError:
      status = Self.status(error.kind)
      lines = Self.lines(error.message, error.advice)
    case let error as EncoderMismatch:
      status = .usage
      lines = Self.lines(error.description)
    default:
      return nil
    }
  }

  /// What the argument parser found wrong: its own report repeats the examples of --help.
  init?(usage error: any Error, arguments: [String]) {
    guard DBTool.exitCode(for: error) == .validationFailure else { return nil }
    status = .usage
    let command = Suggestion.command(arguments).map { $0 + " " }.joined()
    let problem = Suggestion.unknownOption(arguments) ?? DBTool.message(for: error)
    lines = Self.lines(problem, "see dbtool \(command)--help")
  }

  static func lines(_ parts: String?...) -> [String] {
    let present = parts.compactMap(\.self).flatMap { $0.split(separator: "\n") }
      .map { Text.cut(Text.oneLine(String($0.drop { $0.isWhitespace })), to: longest) }
    return present.prefix(4).enumerated().map { index, line in
      index == 0 ? "dbtool: " + line : "  " + line
    }
  }

  /// What somebody pasted by mistake is not pasted back whole.
  private static let longest = 1000

  private static func status(_ category: ActionError.Category) -> ExitStatus {
    switch category {
    case .usage: .usage
    case .badData: .badData
    case .notFound: .notFound
    case .unavailable: .unavailable
    case .tryAgain: .tryAgain
    case .rights: .rights
    case .configuration: .configuration
    }
  }

  private static func status(_ category: MigrationError.Category) -> ExitStatus {
    switch category {
    case .usage: .usage
    case .badData: .badData
    case .absent: .notFound
    case .unreachable: .unavailable
    case .tryAgain: .tryAgain
    case .rights: .rights
    case .configuration: .configuration
    }
  }

  private static func status(_ kind: EncoderError.Kind) -> ExitStatus {
    switch kind {
    // Only ever seen when something else failed first, which is reported then.
    case .cancelled: .tryAgain
    case .usage: .usage
    case .text, .badData: .badData
    case .notFound: .notFound
    case .unavailable: .unavailable
    case .rights: .rights
    case .configuration: .configuration
    }
  }

  private static func status(_ category: ImportError.Category) -> ExitStatus {
    switch category {
    case .usage: .usage
    case .badData: .badData
    case .absent: .notFound
    case .rights: .rights
    case .configuration: .configuration
    }
  }

  private static func report(_ error: EmbeddedPostgresError) -> (ExitStatus, [String]) {
    let status: ExitStatus =
      switch error.code {
      case .noInstallation, .unsuitableInstallation: .configuration
      case .notPermitted: .rights
      case .busy: .tryAgain
      default: .unavailable
      }
    return (status, lines(error.message, error.logTail.last, error.advice))
  }

  private static func report(_ error: PostgresError) -> (ExitStatus, [String]) {
    if error.isEndOfSession {
      let first = error.message.split(separator: "\n").first.map(String.init)
      let advice = "what was not committed is undone; run the command again when the server serves"
      return (.unavailable, lines(first, advice))
    }
    let (status, advice) = judgement(error)
    let state = error.sqlState.map { " (SQLSTATE \($0))" } ?? ""
    // libpq's own question has our advice as its answer.
    let message = error.message.split(separator: "\n")
      .filter { !$0.contains("Is the server running") }
    let detail = (error.detail ?? error.hint).flatMap {
      $0.contains("Is the server running") ? nil : $0
    }
    return (status, lines(message.prefix(2).joined(separator: "\n") + state, detail, advice))
  }

  private static func judgement(_ error: PostgresError) -> (ExitStatus, String?) {
    switch (error.origin, error.sqlState) {
    case (_, .invalidPassword?), (_, .invalidAuthorization?):
      (.rights, "check user and password: dbtool config says where they come from")
    case (_, .databaseMissing?):
      (.unavailable, "create it with createdb, or check the name: dbtool config shows it")
    case (_, .insufficientPrivilege?):
      (.rights, "ask the owner for the right, or connect as another role")
    case (.connection, _) where error.message.hasPrefix("invalid "):
      (.usage, "correct the connection's settings: dbtool config shows them")
    case (.connection, _):
      (.unavailable, "is the server running? dbtool config says where dbtool connects to")
    case (_, .undefinedTable?), (_, .undefinedColumn?), (_, .schemaMissing?):
      (.configuration, "run dbtool migrate, or check the database: dbtool config")
    case (_, .undefinedObject?), (_, .undefinedFunction?):
      (.configuration, "is pgvector in this database and on its search_path? check with psql: \\dx")
    case (_, .featureNotSupported?):
      (.usage, "keep the rows with --append, or first remove what refers to them")
    case (_, .readOnlyTransaction?):
      (.configuration, "this command writes: connect to the primary, with a session that may write")
    case (_, .lockNotAvailable?), (_, .deadlockDetected?):
      (.tryAgain, "somebody else is working on the same rows; run the command again")
    case (_, let state?) where state.rawValue == "P0002":
      (.tryAgain, "the registry has changed meanwhile: see dbtool migrate status")
    case (_, .queryCanceled?):
      (.tryAgain, "the statement took longer than its timeout allows")
    case (_, let state?) where state.conditionClass == "40":
      (.tryAgain, "somebody else is working on the same rows; run the command again")
    case (_, let state?) where ["22", "23", "54"].contains(state.conditionClass): (.badData, nil)
    case (_, let state?) where ["08", "53", "57", "58"].contains(state.conditionClass):
      (.unavailable, "the server cannot serve now; run the command again when it can")
    case (.client, _): (.badData, nil)
    default: (.bug, "this looks like a bug of dbtool; please report it with the lines above")
    }
  }
}

extension PostgresError {
  /// The server had let us in, and then ended the session or went away.
  fileprivate var isEndOfSession: Bool {
    guard origin == .connection || sqlState?.conditionClass == "57" else { return false }
    return [
      "terminating connection", "server closed the connection", "no connection to the server",
    ]
    .contains { message.hasPrefix($0) }
  }
}
