import DBToolActions
import Dispatch
import PQClient

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Ctrl-C and SIGTERM: cancel the running statement, so that its transaction rolls back.
///
/// A request that meets no statement, because the program is between two or waits for a lock, does
/// nothing; so it is repeated, and after a second, or what was allowed, or with a second signal, the process
/// just ends: the server then rolls back by itself.
enum Interruption {
  /// The last line of an interrupted run.
  static var message: String { "dbtool: interrupted; \(state.advice)" }

  /// Says how to go on, where it is not by the same command.
  static func advise(_ advice: String) { state.advise(advice) }

  /// Gives what runs longer than a second to end by itself, because it tidies up.
  static func allow(seconds: Int) { state.allow(seconds: seconds) }

  private static let state = State()

  /// Starts to listen.
  static func install() {
    for signal in [SIGINT, SIGTERM] { state.listen(to: signal) }
  }

  /// The signal that came, if any.
  static var signal: Int32? { state.signal }

  /// Has the connection's statements cancelled when a signal comes.
  static func cancels(_ handle: CancelHandle) { state.register(handle) }

  private final class State: Sendable {
    private let lock = DispatchQueue(label: "dbtool.interruption")
    private let signals = DispatchQueue(label: "dbtool.signals")
    // A request to a server that does not answer blocks; the second signal must come through.
    private let requests = DispatchQueue(label: "dbtool.requests")
    // All are only touched on `lock`.
    nonisolated(unsafe) private var handles: [CancelHandle] = []
    nonisolated(unsafe) private var received: Int32?
    nonisolated(unsafe) private var howToGoOn = "run the same command again to go on"
    nonisolated(unsafe) private var patience = 1
    nonisolated(unsafe) private var sources: [any DispatchSourceSignal] = []

    var signal: Int32? { lock.sync { received } }

    var advice: String { lock.sync { howToGoOn } }

    func advise(_ advice: String) { lock.sync { howToGoOn = advice } }

    func allow(seconds: Int) { lock.sync { patience = seconds } }

    func register(_ handle: CancelHandle) { lock.sync { handles.append(handle) } }

    func listen(to number: Int32) {
      #if canImport(Darwin)
      // A source only watches there. Elsewhere it catches, and a signal before that ends the process.
      Darwin.signal(number, SIG_IGN)
      #endif
      let source = DispatchSource.makeSignalSource(signal: number, queue: signals)
      source.setEventHandler { [self] in
        let (running, patience) = lock.sync {
          let isSecond = received != nil
          received = number
          return (isSecond ? [] : handles, self.patience)
        }
        if running.isEmpty { _exit(128 + number) }
        requests.async { [self] in insist(running) }
        signals.asyncAfter(deadline: .now() + .seconds(patience)) {
          Console.lastWords(Interruption.message)
          _exit(128 + number)
        }
      }
      source.activate()
      lock.sync { sources.append(source) }
    }

    /// Asks ten times in the second that is left.
    private func insist(_ running: [CancelHandle], times: Int = 10) {
      for handle in running { handle.cancel() }
      guard times > 1 else { return }
      requests.asyncAfter(deadline: .now() + 0.1) { [self] in insist(running, times: times - 1) }
    }
  }
}

extension Session {
  /// Connects, and has Ctrl-C cancel what the connection runs.
  func open() async throws -> PQConnection {
    let connection = try await connect()
    Interruption.cancels(connection.cancelHandle)
    return connection
  }
}
