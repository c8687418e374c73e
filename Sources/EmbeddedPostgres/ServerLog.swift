/// The file that the server writes its messages to.
struct ServerLog {
  let path: String

  /// The file's length now: what is written later is the tail from here on.
  var position: Int { Files.ownership(path)?.size ?? 0 }

  /// Begins a new file when the old one has grown beyond 10 MB; one old file is kept.
  func rotate() throws {
    if position > 10 << 20 { try Files.move(path, to: path + ".1") }
  }

  /// At most two lines written since a position: those that tell why, else the last ones.
  func tail(since position: Int) -> [String] {
    let lines = Files.text(path, from: position).split(separator: "\n").map(String.init)
    let telling = lines.filter { line in
      ["FATAL:", "PANIC:", "error:", "DETAIL:"].contains { line.contains($0) }
    }
    return (telling.isEmpty ? lines : telling).suffix(2).map { String($0.prefix(300)) }
  }
}
