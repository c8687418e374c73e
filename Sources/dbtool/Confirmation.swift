import ArgumentParser
import DBToolActions

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Asks before something is destroyed: on a terminal a question, elsewhere `--yes` is needed.
struct Confirmation: ParsableArguments {
  @Flag(name: .long, help: "Do it without asking, as in the embedded database.")
  var yes = false

  func ask(_ what: String) throws {
    guard !yes else { return }
    guard isatty(STDIN_FILENO) == 1, Console.errorIsTerminal else {
      throw ActionError(.usage, "this would \(what)", advice: "say --yes to do it")
    }
    Console.note("This will \(what). Go on? [y/N]")
    let answer = readLine()?.lowercased() ?? ""
    guard ["y", "yes"].contains(answer) else {
      throw ActionError(.usage, "not done: the answer was no")
    }
  }
}
