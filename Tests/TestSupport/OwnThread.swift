import Foundation

/// Runs a blocking closure on a thread of its own, as everything that waits inside libpq should.
///
/// The tests share a few threads; one that waits for another there could wait for ever.
public func onOwnThread<Value: Sendable>(
  _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    let thread = Thread {
      continuation.resume(with: Result { try body() })
    }
    thread.start()
  }
}
