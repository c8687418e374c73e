import Synchronization

/// Lets nobody through until a number of them are there.
public final class Gate: Sendable {
  private let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])
  private let count: Int

  /// A gate that opens for so many.
  public init(count: Int) { self.count = count }

  /// Waits for the others.
  public func arrive() async {
    await withCheckedContinuation { continuation in
      let all = waiting.withLock { waiting in
        waiting.append(continuation)
        return waiting.count == count ? waiting : []
      }
      for continuation in all { continuation.resume() }
    }
  }
}
