/// Why there are no vectors: what failed and where, and what to do.
public struct EncoderError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What a caller can do about it.
  public enum Kind: Sendable, Hashable {
    /// This text is refused (too long, say); others may work.
    case text
    /// What was asked for does not go together.
    case usage
    /// A file, or an answer, is not what it should be.
    case badData
    /// A file, folder or model that was named is not there.
    case notFound
    /// A server cannot be reached, or fails however often it is asked.
    case unavailable
    /// A server refuses the key, or this user.
    case rights
    /// Something has to be set first: a key, an address, another dimension.
    case configuration
    /// The task was cancelled: nothing has failed.
    case cancelled
  }

  /// What a caller can do about it.
  public let kind: Kind
  /// What failed and where, in one line.
  public let message: String
  /// What to do, in one line.
  public let advice: String?

  /// Says what failed and what to do.
  public init(_ kind: Kind, _ message: String, advice: String? = nil) {
    self.kind = kind
    self.message = Self.oneLine(message)
    self.advice = advice.map(Self.oneLine)
  }

  /// A text with spaces for line ends and other controls, which may come from a file or a server.
  private static func oneLine(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: line += " "
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line
  }

  /// The lines in order.
  public var description: String {
    [message, advice].compactMap(\.self).joined(separator: "\n")
  }
}
