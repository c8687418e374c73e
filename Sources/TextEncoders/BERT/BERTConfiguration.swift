#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What the JSON files of a model folder say about a BERT.
struct BERTConfiguration: Sendable {
  /// How the vectors of a text's tokens become one.
  enum Pooling: Sendable, Hashable {
    /// Their mean.
    case mean
    /// The vector of the first token, [CLS].
    case firstToken
  }

  /// The elements of a vector.
  let hiddenSize: Int
  /// Transformer layers.
  let layers: Int
  /// Attention heads in a layer.
  let heads: Int
  /// The elements between the two halves of a feed-forward layer.
  let intermediateSize: Int
  /// Added to variances.
  let normEpsilon: Float
  /// The tokens that a text is cut to, [CLS] and [SEP] included.
  let maximumTokens: Int
  /// How token vectors become one.
  let pooling: Pooling
  /// Whether texts are lower-cased.
  let lowercases: Bool
  /// Whether accents are dropped.
  let stripsAccents: Bool
  /// Whether each Chinese character is a word of its own.
  let separatesIdeographs: Bool

  /// Reads `config.json`, `1_Pooling/config.json` and, where they are, `modules.json`,
  /// `sentence_bert_config.json` and `tokenizer_config.json`.
  ///
  /// - Throws: ``EncoderError`` where a file is missing or malformed, or asks for what is no BERT.
  init(folder: String) throws(EncoderError) {
    let model: ModelFile = try Self.required("config.json", in: folder)
    let pooling: PoolingFile = try Self.required("1_Pooling/config.json", in: folder)
    let sentences: SentenceFile? = try Self.optional("sentence_bert_config.json", in: folder)
    let tokenizer: TokenizerFile? = try Self.optional("tokenizer_config.json", in: folder)
    let modules: [ModuleFile]? = try Self.optional("modules.json", in: folder)
    try model.checkArchitecture(in: folder)
    for module in modules ?? [] { try module.check(in: folder) }

    hiddenSize = model.hidden_size
    layers = model.num_hidden_layers
    heads = model.num_attention_heads
    intermediateSize = model.intermediate_size
    normEpsilon = model.layer_norm_eps ?? 1e-12
    let most = model.max_position_embeddings
    maximumTokens = min(most, sentences?.max_seq_length ?? tokenizer?.model_max_length ?? most)
    self.pooling = try pooling.pooling(in: folder)
    let isUncased = tokenizer?.do_lower_case ?? true
    lowercases = isUncased || sentences?.do_lower_case ?? false
    stripsAccents = tokenizer?.strip_accents ?? isUncased
    separatesIdeographs = tokenizer?.tokenize_chinese_chars ?? true
    guard maximumTokens > 2 else {
      throw Self.unusable(folder, "max_seq_length \(maximumTokens) leaves no room for a text")
    }
  }

  private static func required<File: Decodable>(
    _ name: String,
    in folder: String
  ) throws(EncoderError) -> File {
    guard let file: File = try optional(name, in: folder) else {
      throw EncoderError(
        .notFound,
        "the model folder \(folder) has no \(name)",
        advice: "it needs config.json, vocab.txt, model.safetensors and 1_Pooling/config.json"
      )
    }
    return file
  }

  private static func optional<File: Decodable>(
    _ name: String,
    in folder: String
  ) throws(EncoderError) -> File? {
    guard let data = try? Data(contentsOf: URL(filePath: "\(folder)/\(name)")) else { return nil }
    do {
      return try JSONDecoder().decode(File.self, from: data)
    } catch DecodingError.keyNotFound(let key, _) {
      throw unusable(folder, "\(name) has no \"\(key.stringValue)\"")
    } catch DecodingError.typeMismatch(_, let context) where !context.codingPath.isEmpty {
      let key = context.codingPath.map(\.stringValue).joined(separator: ".")
      throw unusable(folder, "\(name) has a \"\(key)\" of another type")
    } catch {
      throw unusable(folder, "\(name) is no JSON of the expected shape")
    }
  }

  fileprivate static func unusable(_ folder: String, _ what: String) -> EncoderError {
    EncoderError(
      .badData,
      "cannot use the model in \(folder): \(what)",
      advice: "take a BERT with absolute positions, or serve the model over HTTP"
    )
  }
}

/// `config.json`.
private struct ModelFile: Decodable {
  let model_type: String?
  let hidden_size: Int
  let num_hidden_layers: Int
  let num_attention_heads: Int
  let intermediate_size: Int
  let max_position_embeddings: Int
  let layer_norm_eps: Float?
  let hidden_act: String?
  let position_embedding_type: String?

  func checkArchitecture(in folder: String) throws(EncoderError) {
    func refuse(_ what: String) -> EncoderError { BERTConfiguration.unusable(folder, what) }
    guard model_type == "bert" else {
      throw refuse("its architecture is \"\(model_type ?? "not named")\", dbtool runs \"bert\"")
    }
    guard hidden_act ?? "gelu" == "gelu" else {
      throw refuse("its activation is \"\(hidden_act ?? "")\", dbtool computes \"gelu\"")
    }
    guard position_embedding_type ?? "absolute" == "absolute" else {
      throw refuse("its positions are \"\(position_embedding_type ?? "")\", not \"absolute\"")
    }
    let sizes = [hidden_size, num_attention_heads, intermediate_size, max_position_embeddings]
    // Larger than any model; what is within is then checked against the weights' own shapes.
    guard sizes.allSatisfy({ (1...1_000_000).contains($0) }),
      (0...10_000).contains(num_hidden_layers)
    else { throw refuse("config.json has a size that cannot be") }
    guard hidden_size % num_attention_heads == 0 else {
      throw refuse("hidden_size \(hidden_size) is no multiple of \(num_attention_heads) heads")
    }
  }
}

/// `1_Pooling/config.json`, which names a way as `"pooling_mode": "mean"`.
///
/// Older files have a flag for each way, `"pooling_mode_mean_tokens": true`. Several ways would be concatenated.
private struct PoolingFile: Decodable {
  let ways: [String]

  init(from decoder: any Decoder) throws {
    let entries = try decoder.singleValueContainer().decode([String: Entry].self)
    ways = entries.compactMap { key, entry in
      switch entry {
      case .text(let way) where key == "pooling_mode": way
      case .flag(true) where key.hasPrefix("pooling_mode_"):
        String(key.dropFirst("pooling_mode_".count))
      default: nil
      }
    }
    .sorted()
  }

  func pooling(in folder: String) throws(EncoderError) -> BERTConfiguration.Pooling {
    switch ways {
    case ["mean_tokens"], ["mean"]: return .mean
    case ["cls_token"], ["cls"]: return .firstToken
    default:
      throw BERTConfiguration.unusable(
        folder,
        "1_Pooling asks for \"\(ways.joined(separator: ", "))\", dbtool computes mean or cls"
      )
    }
  }

  private enum Entry: Decodable {
    case flag(Bool)
    case text(String)
    case other

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let flag = try? container.decode(Bool.self) {
        self = .flag(flag)
      } else if let text = try? container.decode(String.self) {
        self = .text(text)
      } else {
        self = .other
      }
    }
  }
}

/// `sentence_bert_config.json`.
private struct SentenceFile: Decodable {
  let max_seq_length: Int?
  let do_lower_case: Bool?
}

/// `tokenizer_config.json`.
private struct TokenizerFile: Decodable {
  let do_lower_case: Bool?
  let strip_accents: Bool?
  let tokenize_chinese_chars: Bool?
  private let model_max_length_number: Double?

  /// Absent where it says nothing: a placeholder such as 1e30 stands for no limit.
  var model_max_length: Int? { model_max_length_number.flatMap { Int(exactly: $0) } }

  private enum CodingKeys: String, CodingKey {
    case do_lower_case, strip_accents, tokenize_chinese_chars
    case model_max_length_number = "model_max_length"
  }
}

/// An entry of `modules.json`.
private struct ModuleFile: Decodable {
  let type: String

  /// Vectors get unit length with or without a module that says so.
  func check(in folder: String) throws(EncoderError) {
    let name = type.split(separator: ".").last ?? ""
    guard ["Transformer", "Pooling", "Normalize"].contains(name) else {
      throw BERTConfiguration.unusable(folder, "it has a module \"\(name)\" that dbtool cannot run")
    }
  }
}
