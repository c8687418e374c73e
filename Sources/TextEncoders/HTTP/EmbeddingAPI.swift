#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What sets one kind of embedding server apart from another.
///
/// Where to ask, in which words, and what to tell a person when it fails; how to ask is
/// ``HTTPEncoder``'s.
protocol EmbeddingAPI: Sendable {
  /// What a person calls it.
  var name: String { get }
  /// What holds the address: a variable, or the registry.
  var addressVariable: String { get }
  /// The path of the endpoint that makes vectors.
  var embedPath: String { get }
  /// The path of the endpoint that lists the models.
  var modelsPath: String { get }
  /// Whether servers of this kind may lack that list.
  var isListOptional: Bool { get }

  /// What to do about a server that cannot be reached.
  var reachAdvice: String { get }
  /// What to do about a request that took too long.
  var slowAdvice: String { get }
  /// What to do about a refusal of this user.
  var rightsAdvice: String { get }
  /// What to do about a model that the server does not have.
  func missingAdvice(model: String) -> String

  /// The body of a request for vectors.
  func body(model: String, texts: [String], dimension: Int?) throws -> Data
  /// The vectors of an answer in the order of the texts.
  ///
  /// - Throws: `DecodingError`, or ``BadAnswer``.
  func vectors(in answer: Data, count: Int) throws -> [[Float]]
  /// Whether the list of models has this one.
  func hasModel(_ model: String, in answer: Data) throws -> Bool
}

/// What is wrong with an answer, as the end of a sentence that begins with the server.
struct BadAnswer: Error {
  let words: String
}
