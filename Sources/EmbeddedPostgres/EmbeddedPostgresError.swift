/// What went wrong with the embedded server, in one sentence, and what to do about it.
public struct EmbeddedPostgresError: Error, Sendable {
  /// The kind of failure; more may be added.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String {
      case noInstallation, unsuitableInstallation, notPermitted, startFailed, stopFailed, busy
    }

    private let kind: Kind

    /// No PostgreSQL that qualifies was found.
    public static var noInstallation: Self { .init(kind: .noInstallation) }
    /// The PostgreSQL that was named does not qualify.
    public static var unsuitableInstallation: Self { .init(kind: .unsuitableInstallation) }
    /// The operating system's rights forbid it.
    public static var notPermitted: Self { .init(kind: .notPermitted) }
    /// The server could not be created or started.
    public static var startFailed: Self { .init(kind: .startFailed) }
    /// The server did not stop.
    public static var stopFailed: Self { .init(kind: .stopFailed) }
    /// Another process is at work, or the server is still recovering: trying again may help.
    public static var busy: Self { .init(kind: .busy) }

    /// The code's name.
    public var description: String { kind.rawValue }
  }

  /// The kind of failure.
  public let code: Code
  /// One sentence: what failed, and where.
  public let message: String
  /// The last words of the server, at most two lines; often none.
  public let logTail: [String]
  /// What to do.
  public let advice: String

  init(_ code: Code, _ message: String, logTail: [String] = [], advice: String) {
    self.code = code
    self.message = message
    self.logTail = logTail
    self.advice = advice
  }
}

extension EmbeddedPostgresError: CustomStringConvertible {
  /// At most four lines: the sentence, the server's last words, the advice.
  public var description: String {
    ([message] + logTail + [advice]).joined(separator: "\n")
  }
}
