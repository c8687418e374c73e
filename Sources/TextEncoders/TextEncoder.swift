/// Turns texts into vectors; what it is made of, a model in this process or a server, is its own matter.
///
/// An encoder adds nothing to a text: prefixes for queries and passages are the caller's.
public protocol TextEncoder: Sendable {
  /// The number of elements in each vector, nil where only the first answer tells.
  var dimension: Int? { get }

  /// The vectors of texts, in their order, as the model gives them.
  ///
  /// - Parameter texts: As many as the caller wants to lose at once when it fails.
  /// - Returns: One vector for each text, all of the same length; an element may be NaN where a server says so.
  /// - Throws: ``EncoderError``.
  func vectors(for texts: [String]) async throws(EncoderError) -> [[Float]]
}
