#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `/embeddings` as OpenAI defines it and many servers imitate it.
struct OpenAICompatibleAPI: EmbeddingAPI {
  let name = "the OpenAI API"
  let addressVariable: String
  let embedPath = "embeddings"
  /// The list, not `models/NAME`, which most imitations lack and names with a slash break.
  let modelsPath = "models"
  let isListOptional = true
  /// Whether a key is sent.
  let hasKey: Bool
  /// Whether there is a key, for another server than this one.
  let hasForeignKey: Bool

  var reachAdvice: String {
    "\(addressVariable) says where it is; most servers want /v1 at its end"
  }
  let slowAdvice = "embed fewer texts at once"

  var rightsAdvice: String {
    if hasForeignKey {
      return "OPENAI_API_KEY is sent to OPENAI_BASE_URL only: set it to this server"
    }
    return hasKey
      ? "see whether OPENAI_API_KEY is right, and may use this model" : "set OPENAI_API_KEY"
  }

  func missingAdvice(model: String) -> String {
    "see which models the server has; \(addressVariable) says which server"
  }

  private struct Request: Encodable {
    let model: String
    let input: [String]
    let encoding_format = "float"
    let dimensions: Int?
  }

  private struct Answer: Decodable {
    struct Item: Decodable {
      let index: Int
      let embedding: JSONVector
    }

    let data: [Item]
  }

  private struct Models: Decodable {
    struct Model: Decodable {
      let id: String
    }

    let data: [Model]
  }

  /// Only these models can shorten their vectors; others refuse a request that asks them to.
  func body(model: String, texts: [String], dimension: Int?) throws -> Data {
    let isShortened = model.hasPrefix("text-embedding-3-")
    return try JSONEncoder().encode(
      Request(model: model, input: texts, dimensions: isShortened ? dimension : nil)
    )
  }

  func vectors(in answer: Data, count: Int) throws -> [[Float]] {
    let items = try JSONDecoder().decode(Answer.self, from: answer).data
    guard items.count == count else { return items.map(\.embedding.elements) }
    var vectors = [[Float]?](repeating: nil, count: count)
    for item in items {
      guard vectors.indices.contains(item.index) else {
        throw BadAnswer(words: "gives a vector the index \(item.index), of \(count) texts")
      }
      guard vectors[item.index] == nil else {
        throw BadAnswer(words: "gives two vectors the index \(item.index)")
      }
      vectors[item.index] = item.embedding.elements
    }
    return vectors.compactMap(\.self)
  }

  func hasModel(_ model: String, in answer: Data) throws -> Bool {
    try JSONDecoder().decode(Models.self, from: answer).data.contains { $0.id == model }
  }
}

extension HTTPEncoder {
  /// An encoder that asks OpenAI, or a server with the same interface.
  ///
  /// `OPENAI_BASE_URL` says where it is (https://api.openai.com/v1 when unset); `OPENAI_API_KEY` is
  /// sent there where it is set, and only OpenAI itself demands it. `user:password@` in the address is
  /// sent instead of the key, since one request can carry but one of them. To an address of the encoder's
  /// own the key goes only if it is the same server: who may write a registry is not to collect keys.
  ///
  /// - Parameters:
  ///   - model: The model's name.
  ///   - dimension: The number of elements that the vectors must have, nil for any; models that can shorten
  ///     their vectors (`text-embedding-3-…`) are asked to.
  ///   - url: The encoder's own address, nil for what the variable says.
  ///   - environment: The variables.
  /// - Returns: The encoder; nothing is asked yet.
  /// - Throws: ``EncoderError`` of kind `configuration`, which names the variable.
  public static func openAI(
    model: String,
    dimension: Int?,
    url: String? = nil,
    environment: [String: String]
  ) throws(EncoderError) -> HTTPEncoder {
    let base = environment.setting("OPENAI_BASE_URL") ?? "https://api.openai.com/v1"
    let usual = try ServerAddress(base, variable: "OPENAI_BASE_URL", barePort: nil)
    let server = if let url { try ServerAddress(registered: url) } else { usual }
    let given = environment.setting("OPENAI_API_KEY").map { String($0.trimming(\.isWhitespace)) }
    let key = server.origin == usual.origin ? given : nil
    if server.host == "api.openai.com", key == nil, server.credentials == nil {
      throw EncoderError(
        .configuration,
        "\(server.shown) wants a key, and OPENAI_API_KEY is not set",
        advice: "set OPENAI_API_KEY, or OPENAI_BASE_URL to a server that wants none"
      )
    }
    guard key?.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) ?? true else {
      throw EncoderError(
        .configuration,
        "OPENAI_API_KEY has characters that no key can have",
        advice: "set it to the key alone, without quotes, spaces or line ends"
      )
    }
    return HTTPEncoder(
      model: model,
      dimension: dimension,
      api: OpenAICompatibleAPI(
        addressVariable: url == nil ? "OPENAI_BASE_URL" : ServerAddress.registered,
        hasKey: key != nil,
        hasForeignKey: key == nil && given != nil
      ),
      server: server,
      key: key.map(Secret.init),
      timeout: .seconds(60)
    )
  }
}
