import Synchronization

/// Lets a few tests at once work with the server.
///
/// All begin at once, and wait inside libpq on the few threads that Swift's tasks share: one that holds a lock, or waits
/// for a process, would be woken only when hundreds of others have had their turn.
final class TestPlaces: Sendable {
  static let shared = TestPlaces(count: 8)

  private struct State {
    var free: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>

  private init(count: Int) { state = Mutex(State(free: count)) }

  /// Waits for a place.
  func take() async {
    await withCheckedContinuation { place in
      let isFree = state.withLock { state in
        guard state.free == 0 else {
          state.free -= 1
          return true
        }
        state.waiting.append(place)
        return false
      }
      if isFree { place.resume() }
    }
  }

  /// Lets the next one in.
  func giveBack() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.free += 1
      return nil
    }
    next?.resume()
  }
}
