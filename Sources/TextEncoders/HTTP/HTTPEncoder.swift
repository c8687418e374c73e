#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// An encoder that asks a server over HTTP: ``ollama(model:dimension:environment:)`` or
/// ``openAI(model:dimension:environment:)``.
///
/// Many calls may run at once; they share the process's connections. A request is tried up to five
/// times while the server cannot be reached, is busy or fails; what will not get better by waiting
/// is an error at once. Nothing that a server sends is trusted, and no error or description has a
/// key or password.
public struct HTTPEncoder: TextEncoder, CustomStringConvertible {
  /// The model's name at the server.
  public let model: String
  /// The number of elements that every vector must have, nil for whatever the model gives.
  public let dimension: Int?
  /// The address of the server, credentials masked.
  public var address: String { server.shown }

  /// Checks the address that an encoder is to have in the registry.
  ///
  /// - Throws: ``EncoderError`` of kind `configuration` for one that cannot be read, or holds a password.
  public static func check(url: String) throws(EncoderError) {
    _ = try ServerAddress(registered: url)
  }

  let api: any EmbeddingAPI
  let server: ServerAddress
  let key: Secret?
  /// The time for one request.
  package let timeout: Duration
  /// When a request is tried again.
  package var retries = RetryPolicy()
  /// The time that a probe takes at most.
  package var probeTimeout = Duration.seconds(2)

  init(
    model: String,
    dimension: Int?,
    api: any EmbeddingAPI,
    server: ServerAddress,
    key: Secret?,
    timeout: Duration
  ) {
    self.model = model
    self.dimension = dimension
    self.api = api
    self.server = server
    self.key = key
    self.timeout = timeout
  }

  /// The model and where it is.
  public var description: String { "\(model) from \(api.name) at \(address)" }

  /// The vectors of texts, in their order; an element that the server gives as null is NaN.
  ///
  /// - Parameter texts: As many as the server takes in one request.
  /// - Returns: One vector of ``dimension`` elements for each text.
  /// - Throws: ``EncoderError``: of kind `text` where fewer texts, or others, may be taken.
  public func vectors(for texts: [String]) async throws(EncoderError) -> [[Float]] {
    guard !texts.isEmpty else { return [] }
    let exchange = HTTPExchange(
      url: server.url(api.embedPath),
      headers: headers,
      body: try body(for: texts),
      timeout: timeout,
      limit: Self.limit(texts: texts.count, dimension: dimension)
    )
    let answer = try await self.answer(to: exchange)
    let vectors = try decoded(answer) { data in try api.vectors(in: data, count: texts.count) }
    try check(vectors, count: texts.count)
    return vectors
  }

  /// The most bytes that vectors can take in JSON.
  ///
  /// That is 40 for a number with all its digits on a line of its own. A model with more elements
  /// than the column has is a mistake to be named, not an attack.
  static func limit(texts: Int, dimension: Int?) -> Int {
    HTTPExchange.failureLimit + texts * max(dimension ?? 0, 4096) * 40
  }

  private func body(for texts: [String]) throws(EncoderError) -> Data {
    do {
      return try api.body(model: model, texts: texts, dimension: dimension)
    } catch {
      throw failure(.badData, "cannot be sent these texts: no JSON can be made of them")
    }
  }

  private func check(_ vectors: [[Float]], count: Int) throws(EncoderError) {
    guard vectors.count == count else {
      throw failure(.badData, "gives \(vectors.count) vectors for \(count) texts")
    }
    let length = vectors[0].count
    guard vectors.allSatisfy({ $0.count == length }) else {
      let other = vectors.first { $0.count != length } ?? []
      throw failure(.badData, "gives vectors of \(length) and of \(other.count) elements at once")
    }
    guard length == dimension ?? length else {
      throw failure(
        .configuration,
        "gives vectors of \(length) elements with the model \(model);"
          + " the column wants \(dimension ?? 0)",
        advice: "use a model with \(dimension ?? 0) elements, or a vector column with \(length)"
      )
    }
  }
}
