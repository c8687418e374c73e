import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A line that says how far something is, how fast it goes and how long it will take; on a terminal only,
/// and not before it has taken two seconds.
final class ProgressMeter: Sendable {
  private struct Start {
    var name = ""
    var time = ContinuousClock.now
    var done = 0
  }

  private let start = Mutex(Start())
  private let unit: String

  /// - Parameter unit: What is counted.
  init(unit: String) { self.unit = unit }

  /// Shows a state.
  func show(_ name: String, done: Int, of total: Int) {
    start.withLock { start in
      if start.name != name { start = Start(name: name, time: start.time, done: 0) }
      let seconds = start.time.duration(to: .now).seconds
      guard seconds > 2 else { return }
      let rate = Double(done) / seconds
      let left = rate > 0 ? Int((Double(max(0, total - done)) / rate).rounded(.up)) : 0
      Console.progress(
        "\(name): \(Text.grouped(done)) of \(Text.grouped(total)) \(unit), "
          + "\(Text.fixed(rate, decimals: 0))/s, \(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
      )
    }
  }
}

/// The machine's processor.
enum Processor {
  /// The cores that this process may use.
  static var count: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}
