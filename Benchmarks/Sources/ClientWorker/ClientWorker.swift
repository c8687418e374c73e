import PQClient

/// A child of the driver, which times from line to line so that no set-up is measured.
///
/// It sets up, says `ready`, then answers each line on stdin with one on stdout.
@main
enum ClientWorker {
  static func main() throws {
    let arguments = CommandLine.arguments
    switch (arguments.dropFirst().first, arguments.count) {
    case ("neighbours", 3):
      var neighbours = try Neighbours(ConnectionParameters(uri: arguments[2]))
      try answer { try neighbours.run($0) }
    case ("load", 5):
      let vectors = try readVectors(path: arguments[3], dimension: Int(arguments[4]) ?? 0)
      var load = try Load(ConnectionParameters(uri: arguments[2]), vectors: vectors)
      try answer { _ in try load.run() }
    case ("build", 3):
      let count = Int(arguments[2]) ?? 0
      answer { _ in Building.run(count) }
    default:
      print(
        "usage: ClientWorker neighbours CONNECTION | load CONNECTION FILE DIMENSION | build COUNT"
      )
    }
  }

  private static func answer(_ run: ([Substring]) throws -> String) rethrows {
    reply("ready")
    while let line = readLine() {
      reply(try run(line.split(separator: " ")))
    }
  }
}
