import Foundation
import Synchronization

/// Threads of the scripted servers' own.
///
/// Tests wait inside libpq on the few threads that Swift's tasks share; a server whose answers waited for these would
/// be given up by its clients, which wait for two seconds.
final class ServerThreads: TaskExecutor {
  static let shared = ServerThreads(count: 4)

  private let jobs = Mutex<[UnownedJob]>([])
  private let waiting = DispatchSemaphore(value: 0)

  private init(count: Int) {
    for _ in 0..<count { Thread { [self] in work() }.start() }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.append(job) }
    waiting.signal()
  }

  private func work() -> Never {
    while true {
      waiting.wait()
      let job = jobs.withLock { $0.removeFirst() }
      job.runSynchronously(on: asUnownedTaskExecutor())
    }
  }
}
