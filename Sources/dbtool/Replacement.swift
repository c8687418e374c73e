import DBToolActions

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Replaces this process by another program, which then has the terminal to itself.
enum Replacement {
  static func run(
    _ program: String,
    arguments: [String],
    environment: [String: String?]
  ) throws -> Never {
    Console.flush()
    for (name, value) in environment { setenv(name, value ?? "", 1) }
    // Signals that were caught stay ignored across exec otherwise, and psql wants Ctrl-C.
    signal(SIGINT, SIG_DFL)
    signal(SIGTERM, SIG_DFL)
    var pointers = ([program] + arguments).map { strdup($0) }
    pointers.append(nil)
    execv(program, pointers)
    throw ActionError(
      .unavailable,
      "\(program) cannot be run",
      detail: String(cString: strerror(errno))
    )
  }
}
