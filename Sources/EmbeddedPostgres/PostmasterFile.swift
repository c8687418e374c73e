/// What a server writes about itself into `postmaster.pid`, and whether it is still true.
struct PostmasterFile {
  /// Where a server is between its start and its end.
  enum State { case starting, ready, stopping }

  let pid: Int32
  let state: State

  /// Reads the file of a data directory; nil when there is none, or none that makes sense.
  init?(dataDirectory: String) {
    guard let text = Files.text(Self.path(dataDirectory)) else { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // A server under way writes its lines one after the other: all but the first may be missing.
    guard let first = lines.first, let pid = Int32(first), pid > 0 else { return nil }
    self.pid = pid
    let word = lines.count > 7 ? lines[7].prefix { $0 != " " } : ""
    state = word == "ready" ? .ready : word == "stopping" ? .stopping : .starting
  }

  static func path(_ dataDirectory: String) -> String { dataDirectory + "/postmaster.pid" }
}
