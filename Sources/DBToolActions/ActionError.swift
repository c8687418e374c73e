/// Why an action could not be done, for a person: what, the detail, what to do.
public struct ActionError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure it is; the command line gives each its exit code.
  public enum Category: Sendable, Hashable {
    /// A value out of range, or options that do not go together.
    case usage
    /// Data that is not what it should be.
    case badData
    /// A named thing is not there.
    case notFound
    /// A server, database or model that cannot be reached.
    case unavailable
    /// Somebody else is at it; the same call may work later.
    case tryAgain
    /// The role may not.
    case rights
    /// The database or the project is not set up for this.
    case configuration
  }

  /// What kind of failure it is.
  public let category: Category
  /// What failed and where, in one line.
  public let message: String
  /// More about it, in one line.
  public let detail: String?
  /// What to do, in one line.
  public let advice: String?
  /// The line of the text that is wrong, and beneath it a caret.
  public let excerpt: String?

  /// Says what failed and what to do.
  public init(
    _ category: Category,
    _ message: String,
    detail: String? = nil,
    advice: String? = nil,
    excerpt: String? = nil
  ) {
    self.category = category
    self.message = message
    self.detail = detail
    self.advice = advice
    self.excerpt = excerpt
  }

  /// The lines in order.
  public var description: String {
    [message, excerpt, detail, advice].compactMap(\.self).joined(separator: "\n")
  }
}
