import Foundation
import Synchronization

/// Threads of the tests' own, more of them than tests that run at once.
///
/// Tests wait inside libpq and for minutes in a CREATE INDEX. On the few threads that Swift's tasks
/// share, two of them would hold up every other test, and one that waits for a moment in a
/// program's life would wake after that moment.
final class BlockingThreads: TaskExecutor {
  static let shared = BlockingThreads(count: 32)

  private let jobs = Mutex<[UnownedJob]>([])
  private let waiting = DispatchSemaphore(value: 0)

  private init(count: Int) {
    for _ in 0..<count {
      let thread = Thread { [self] in work() }
      thread.stackSize = 8 << 20
      thread.start()
    }
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
