#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// When to ask a server again: exponential backoff with full jitter, or when the server says.
package struct RetryPolicy: Sendable {
  /// How often a server is asked at most.
  package var tries = 5
  /// The longest pause after the first try; it doubles with each.
  package var firstBackoff = Duration.milliseconds(500)
  /// The longest pause that is waited out; a job that sits still for longer looks dead.
  package var longestPause = Duration.seconds(120)

  /// Waits; throws when the task is cancelled.
  package var sleep: @Sendable (Duration) async throws -> Void
  /// A number between 0 and 1.
  package var random: @Sendable () -> Double
  /// The time of day, for a Retry-After that is a date.
  package var now: @Sendable () -> Date

  /// What a server's encoder goes by, other ways to wait and to throw dice aside.
  package init(
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
    random: @escaping @Sendable () -> Double = { .random(in: 0...1) },
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    (self.sleep, self.random, self.now) = (sleep, random, now)
  }

  /// The pause after a try.
  ///
  /// The jitter is added to what the server asks for, lest all workers come back in one moment.
  ///
  /// - Parameters:
  ///   - number: Which try has failed, from 1.
  ///   - asked: The server's Retry-After.
  /// - Returns: At most the longest pause, even where the server asks for more.
  package func pause(afterTry number: Int, asked: Duration?) -> Duration {
    let backoff = firstBackoff * (1 << (number - 1)) * random()
    return min((asked ?? .zero) + backoff, longestPause)
  }

  /// Reads a Retry-After, seconds or an HTTP date; nil when it is neither.
  package func pause(asked text: String?) -> Duration? {
    guard let text else { return nil }
    // The server may write any number; a century is long enough to be refused.
    if let seconds = Double(text.trimming(\.isWhitespace)), seconds >= 0 {
      return .seconds(min(seconds, 3e9))
    }
    guard let date = Date(httpDate: text) else { return nil }
    return .seconds(max(0, date.timeIntervalSince(now())))
  }
}

extension Date {
  /// Reads an HTTP date in the one form that may be sent: `Sun, 06 Nov 1994 08:49:37 GMT`.
  init?(httpDate text: String) {
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let parts = text.split { " :,".contains($0) }
    guard parts.count == 8, parts[7] == "GMT", let month = months.firstIndex(of: String(parts[2]))
    else { return nil }
    let numbers = [1, 3, 4, 5, 6].compactMap { Int(parts[$0]) }
    guard numbers.count == 5, (1970...9999).contains(numbers[1]) else { return nil }
    var calendar = Calendar(identifier: .gregorian)
    guard let utc = TimeZone(secondsFromGMT: 0) else { return nil }
    calendar.timeZone = utc
    let components = DateComponents(
      year: numbers[1],
      month: month + 1,
      day: numbers[0],
      hour: numbers[2],
      minute: numbers[3],
      second: numbers[4]
    )
    guard let date = calendar.date(from: components) else { return nil }
    self = date
  }
}
