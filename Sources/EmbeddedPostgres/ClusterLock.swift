#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A lock on a file: one process at a time creates, starts, stops or destroys a cluster.
///
/// The kernel drops it with the process that holds it, however that one ends.
enum ClusterLock {
  /// Runs the body with the lock held.
  ///
  /// `prepare` makes the file's directory, each time anew: who destroys the cluster may remove it.
  ///
  /// - Throws: `EmbeddedPostgresError` when the lock could not be had in time, and what the body throws.
  static func hold<R>(
    _ path: String,
    waitingUpTo limit: Duration = .seconds(180),
    preparing prepare: () throws -> Void = {},
    _ body: () async throws -> R
  ) async throws -> R {
    let deadline = ContinuousClock.now + limit
    while true {
      try prepare()
      if let descriptor = try take(path) {
        defer { close(descriptor) }
        return try await body()
      }
      guard ContinuousClock.now < deadline else {
        throw EmbeddedPostgresError(
          .busy,
          "another process has been starting or stopping the server for \(limit), see \(path)",
          advice: "try again when it has ended"
        )
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// Opens and locks the file; nil while another process has it.
  private static func take(_ path: String) throws -> CInt? {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw EmbeddedPostgresError(
        .notPermitted,
        "could not open \(path): \(String(cString: strerror(errno)))",
        advice: "run dbtool as the user who created it"
      )
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, isCurrent(descriptor, path) else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  /// False for a file that its last holder removed while this process waited for it.
  private static func isCurrent(_ descriptor: CInt, _ path: String) -> Bool {
    var (opened, named) = (stat(), stat())
    return fstat(descriptor, &opened) == 0 && stat(path, &named) == 0
      && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
  }
}
