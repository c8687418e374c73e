#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `/api/embed`; `truncate` and the rest are left as the server has them.
struct OllamaAPI: EmbeddingAPI {
  let name = "Ollama"
  let addressVariable: String
  let embedPath = "api/embed"
  let modelsPath = "api/tags"
  let isListOptional = false

  var reachAdvice: String {
    "start it with `ollama serve`, or set \(addressVariable) to where it runs"
  }
  let slowAdvice = "raise OLLAMA_TIMEOUT (seconds, or 2m), or embed fewer texts at once"
  let rightsAdvice =
    "if a proxy wants a password, write user:password@ before the host in OLLAMA_HOST"

  func missingAdvice(model: String) -> String { "ollama pull \(model)" }

  private struct Request: Encodable {
    let model: String
    let input: [String]
  }

  private struct Answer: Decodable {
    let embeddings: [JSONVector]
  }

  private struct Models: Decodable {
    struct Model: Decodable {
      let name: String
    }

    let models: [Model]
  }

  func body(model: String, texts: [String], dimension: Int?) throws -> Data {
    try JSONEncoder().encode(Request(model: model, input: texts))
  }

  func vectors(in answer: Data, count: Int) throws -> [[Float]] {
    try JSONDecoder().decode(Answer.self, from: answer).embeddings.map(\.elements)
  }

  /// A name without a tag means the tag `latest`.
  func hasModel(_ model: String, in answer: Data) throws -> Bool {
    let names = try JSONDecoder().decode(Models.self, from: answer).models.map(\.name)
    return names.contains(model) || names.contains("\(model):latest")
  }
}

extension HTTPEncoder {
  /// An encoder that asks Ollama.
  ///
  /// `OLLAMA_HOST` says where it is, in every form that Ollama itself reads (127.0.0.1:11434 when
  /// unset), with `user:password@` for a proxy that wants them; `OLLAMA_TIMEOUT` is the time for
  /// one request, 60 seconds when unset.
  ///
  /// - Parameters:
  ///   - model: The model's name.
  ///   - dimension: The number of elements that the vectors must have, nil for any.
  ///   - url: The encoder's own address, nil for what the variable says.
  ///   - environment: The variables.
  /// - Returns: The encoder; nothing is asked yet.
  /// - Throws: ``EncoderError`` of kind `configuration`, which names the variable.
  public static func ollama(
    model: String,
    dimension: Int?,
    url: String? = nil,
    environment: [String: String]
  ) throws(EncoderError) -> HTTPEncoder {
    var timeout = Duration.seconds(60)
    if let text = environment.setting("OLLAMA_TIMEOUT") {
      guard let time = Duration(setting: text) else {
        throw EncoderError(
          .configuration,
          "OLLAMA_TIMEOUT is no time between a millisecond and a day",
          advice: "write seconds, or a duration such as 30s or 2m"
        )
      }
      timeout = time
    }
    let host = environment.setting("OLLAMA_HOST") ?? ""
    let server =
      if let url {
        try ServerAddress(registered: url)
      } else {
        try ServerAddress(host, variable: "OLLAMA_HOST", barePort: 11434)
      }
    return HTTPEncoder(
      model: model,
      dimension: dimension,
      api: OllamaAPI(addressVariable: url == nil ? "OLLAMA_HOST" : ServerAddress.registered),
      server: server,
      key: nil,
      timeout: timeout
    )
  }
}

extension [String: String] {
  /// A variable's value; empty counts as unset.
  func setting(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }
}
