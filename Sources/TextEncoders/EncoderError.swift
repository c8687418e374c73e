/// Why there are no vectors: what failed and where, and what to do.
public struct EncoderError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What a caller can do about it.
  public enum Kind: Sendable, Hashable {
    /// This text is refused (too long, say); others may work.
    case text
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
    self.message = message
    self.advice = advice
  }

  /// The lines in order.
  public var description: String {
    [message, advice].compactMap(\.self).joined(separator: "\n")
  }
}
