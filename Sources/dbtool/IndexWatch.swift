import DBToolActions
import PQClient
import Synchronization

/// Shows how far the building of an index is, over a second connection; on a terminal only, and not before it has
/// taken two seconds.
final class IndexWatch: Sendable {
  private let session: Session
  private let pid: Int
  private let task = Mutex<Task<Void, Never>?>(nil)

  /// Watches the server's process that builds.
  init(_ session: Session, of pid: Int) {
    self.session = session
    self.pid = pid
  }

  /// Takes what a build tells.
  func take(_ event: IndexEvent) {
    switch event {
    case .note(let text): Console.note("dbtool: " + text)
    case .building(let index):
      // What is half built is dropped after Ctrl-C, which may have to wait for somebody's transaction.
      Interruption.allow(seconds: 5)
      guard Console.errorIsTerminal else { return }
      stop()
      task.withLock { task in
        task = Task.detached { [session, pid] in
          try? await Self.watch(index, pid, session)
        }
      }
    }
  }

  /// Takes the line away.
  func stop() {
    let isWatching = task.withLock { task in
      defer { task = nil }
      task?.cancel()
      return task != nil
    }
    if isWatching { Console.progress(nil) }
  }

  private static func watch(_ index: String, _ pid: Int, _ session: Session) async throws {
    try await Task.sleep(for: .seconds(2))
    var db = try await session.connect()
    var phase = ""
    var start = ContinuousClock.now
    while !Task.isCancelled {
      if let progress = try IndexProgress.read(ofSession: pid, on: &db), !Task.isCancelled {
        if progress.phase != phase { (phase, start) = (progress.phase, .now) }
        Console.progress(line(index, progress, since: start))
      }
      try await Task.sleep(for: .milliseconds(500))
    }
  }

  private static func line(
    _ index: String,
    _ progress: IndexProgress,
    since start: ContinuousClock.Instant
  ) -> String {
    let line = "index \(index): \(progress.phase)"
    guard let share = progress.share, share > 0 else { return line }
    let seconds = start.duration(to: .now).seconds
    let left = Int((seconds * (1 - share) / share).rounded(.up))
    let padding = left % 60 < 10 ? "0" : ""
    return
      "\(line), \(Text.fixed(share * 100, decimals: 0)) %, \(left / 60):\(padding)\(left % 60) left in it"
  }
}
