import CLibPQ

/// Cancels what a connection is running, from any thread.
public final class CancelHandle: Sendable {
  // PGcancel is immutable once made, and libpq documents PQcancel as safe from any thread.
  nonisolated(unsafe) private let handle: OpaquePointer

  init?(_ connection: OpaquePointer) {
    guard let handle = PQgetCancel(connection) else { return nil }
    self.handle = handle
  }

  deinit { PQfreeCancel(handle) }

  /// Asks the server to cancel; the running statement then fails with SQLSTATE 57014.
  ///
  /// - Returns: Whether the request was delivered, not whether there was something to cancel.
  @discardableResult
  public func cancel() -> Bool {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      PQcancel(handle, buffer.baseAddress, 256) == 1
    }
  }
}
