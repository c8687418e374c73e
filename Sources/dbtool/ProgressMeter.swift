import DBToolActions
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
  private struct Work {
    var name: String
    var start = ContinuousClock.now
  }

  private let start = ContinuousClock.now
  private let work = Mutex<Work?>(nil)
  private let unit: String

  /// - Parameter unit: What is counted.
  init(unit: String) { self.unit = unit }

  /// Shows a state; nobody knows the total of what comes through a pipe.
  func show(_ name: String, done: Int, of total: Int?) {
    work.withLock { work in
      if work?.name != name { work = Work(name: name, start: work == nil ? start : .now) }
      guard isSlow, let work else { return }
      let rate = Double(done) / max(0.001, work.start.duration(to: .now).seconds)
      let speed = "\(unit), \(Text.fixed(rate, decimals: 0))/s"
      guard let total else {
        return Console.progress("\(name): \(Figures.grouped(done)) \(speed)")
      }
      let left = rate > 0 ? Int((Double(max(0, total - done)) / rate).rounded(.up)) : 0
      Console.progress(
        "\(name): \(Figures.grouped(done)) of \(Figures.grouped(total)) \(speed), "
          + "\(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
      )
    }
  }

  /// Shows what is done now, where there is nothing to count.
  func show(_ line: String) {
    work.withLock { work in
      work = Work(name: line)
      if isSlow { Console.progress(line) }
    }
  }

  private var isSlow: Bool { start.duration(to: .now) > .seconds(2) }
}

/// The machine's processor.
enum Processor {
  /// The cores that this process may use.
  static var count: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}
