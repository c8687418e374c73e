import ArgumentParser

/// Parses, runs, and turns whatever comes of it into an exit code.
@main
enum Main {
  static func main() async {
    Interruption.install()
    let arguments = prepared(Array(CommandLine.arguments.dropFirst()))
    do {
      try Suggestion.check(arguments)
      var command = try DBTool.parseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      Console.flush()
    } catch {
      Console.flush()
      if let signal = Interruption.signal {
        Console.note(Interruption.message)
        Terminate.with(128 + signal)
      }
      guard let failure = Failure(error) ?? Failure(usage: error, arguments: arguments) else {
        DBTool.exit(withError: error)  // help, the version, an exit code that a command chose
      }
      Console.note(failure.lines)
      Terminate.with(failure.status.rawValue)
    }
  }

  /// The arguments as the parser takes them.
  static func prepared(_ arguments: [String]) -> [String] {
    withJoinedOptions(withEmptyValues(arguments))
  }

  /// `--as function NAME` is one option of two words; `encoder adopt --as NAME` is another.
  private static func withJoinedOptions(_ arguments: [String]) -> [String] {
    let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
    guard arguments.first != "encoder",
      let place = arguments[..<end].firstIndex(of: "--as"), place + 1 < end,
      arguments[place + 1] == "function"
    else { return arguments }
    return arguments[..<place] + ["--as function"] + arguments[(place + 2)...]
  }

  /// Gives `--name=` its empty value: the argument parser takes it for an option without one.
  private static func withEmptyValues(_ arguments: [String]) -> [String] {
    let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
    return arguments[..<end].flatMap { argument in
      argument.hasPrefix("--") && argument.hasSuffix("=")
        && argument.count(where: { $0 == "=" }) == 1
        ? [String(argument.dropLast()), ""] : [argument]
    } + arguments[end...]
  }
}
