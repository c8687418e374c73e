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
    guard (try? FileManager.default.contentsOfDirectory(atPath: folder)) != nil else {
      throw EncoderError(.notFound, "there is no folder \(folder)", advice: Self.files)
    }
    // First of all: other architectures have other entries.
    let architecture: ArchitectureFile = try Self.required("config.json", in: folder)
    try architecture.check(in: folder)
    let model: ModelFile = try Self.required("config.json", in: folder)
    let pooling: PoolingFile = try Self.required("1_Pooling/config.json", in: folder)
    let sentences: SentenceFile? = try Self.optional("sentence_bert_config.json", in: folder)
    let tokenizer: TokenizerFile? = try Self.optional("tokenizer_config.json", in: folder)
    let modules: [ModuleFile]? = try Self.optional("modules.json", in: folder)
    try model.check(in: folder)
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
    // Attention takes memory by the square of a text's length.
    guard maximumTokens <= Self.mostTokens else {
      throw Self.unusable(
        folder,
        "its texts have up to \(maximumTokens) tokens, dbtool takes \(Self.mostTokens)"
      )
    }
  }

  private static let mostTokens = 8192
  private static let files =
    "it needs config.json, vocab.txt, model.safetensors and 1_Pooling/config.json"

  private static func required<File: Decodable>(
    _ name: String,
    in folder: String
  ) throws(EncoderError) -> File {
    guard let file: File = try optional(name, in: folder) else {
      throw EncoderError(
        .notFound,
        "the model folder \(folder) has no \(name)",
        advice: files
      )
    }
    return file
  }

  private static func optional<File: Decodable>(
    _ name: String,
    in folder: String
  ) throws(EncoderError) -> File? {
    guard let data = try UntrustedFile.map("\(folder)/\(name)") else { return nil }
    do {
      return try JSONDecoder().decode(File.self, from: data)
    } catch DecodingError.keyNotFound(let key, _) {
      throw unusable(folder, "\(name) has no \"\(key.stringValue)\"")
    } catch DecodingError.typeMismatch(_, let context) where !context.codingPath.isEmpty {
      throw unusable(folder, "\(name) has a \"\(key(context))\" of another type")
    } catch DecodingError.valueNotFound(_, let context) where !context.codingPath.isEmpty {
      throw unusable(folder, "\(name) has a \"\(key(context))\" that is null")
    } catch DecodingError.dataCorrupted {
      throw unusable(folder, "\(name) is no JSON, or has a number that cannot be")
    } catch {
      throw unusable(folder, "\(name) is no JSON of the expected shape")
    }
  }

  /// An entry by its path, as "0.type".
  private static func key(_ context: DecodingError.Context) -> String {
    context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
      .joined(separator: ".")
  }

  fileprivate static func unusable(_ folder: String, _ what: String) -> EncoderError {
    EncoderError(
      .badData,
      "cannot use the model in \(folder): \(what)",
      advice: "take a BERT with absolute positions, or serve the model over HTTP"
    )
  }
}

/// `config.json`, of whatever model.
private struct ArchitectureFile: Decodable {
  let model_type: String?

  func check(in folder: String) throws(EncoderError) {
    guard model_type == "bert" else {
      let name = model_type?.excerpt ?? "not named"
      throw BERTConfiguration.unusable(
        folder,
        "its architecture is \"\(name)\", dbtool runs \"bert\""
      )
    }
  }
}

/// `config.json` of a BERT.
private struct ModelFile: Decodable {
  let hidden_size: Int
  let num_hidden_layers: Int
  let num_attention_heads: Int
  let intermediate_size: Int
  let max_position_embeddings: Int
  let layer_norm_eps: Float?
  let hidden_act: String?
  let position_embedding_type: String?

  func check(in folder: String) throws(EncoderError) {
    func refuse(_ what: String) -> EncoderError { BERTConfiguration.unusable(folder, what) }
    guard hidden_act ?? "gelu" == "gelu" else {
      throw refuse("its activation is \"\(hidden_act?.excerpt ?? "")\", dbtool computes \"gelu\"")
    }
    guard position_embedding_type ?? "absolute" == "absolute" else {
      let name = position_embedding_type?.excerpt ?? ""
      throw refuse("its positions are \"\(name)\", not \"absolute\"")
    }
    // Larger than any model, and small enough for a text's numbers to fit in memory; what is within
    // is then checked against the weights' own shapes.
    for (name, size, range) in [
      ("hidden_size", hidden_size, 1...16_000),
      ("num_hidden_layers", num_hidden_layers, 0...1000),
      ("num_attention_heads", num_attention_heads, 1...16_000),
      ("intermediate_size", intermediate_size, 1...64_000),
      ("max_position_embeddings", max_position_embeddings, 1...1_000_000),
    ] where !range.contains(size) {
      throw refuse(
        "its \(name) is \(size), dbtool takes \(range.lowerBound) to \(range.upperBound)"
      )
    }
    guard layer_norm_eps ?? 0 >= 0 else { throw refuse("its layer_norm_eps is negative") }
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
      let names = ways.joined(separator: ", ").excerpt
      throw BERTConfiguration.unusable(
        folder,
        "1_Pooling asks for \"\(names)\", dbtool computes mean or cls"
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
      throw BERTConfiguration.unusable(
        folder,
        "it has a module \"\(String(name).excerpt)\" that dbtool cannot run"
      )
    }
  }
}
