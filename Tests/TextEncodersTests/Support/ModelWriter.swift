import Foundation
import TestSupport
import Testing

/// A model of Tests/Reference/tiny_bert.py: its shape, what its weights are made from, and what
/// transformers makes of some texts with them.
struct TinyModel: Decodable, Sendable, CustomTestStringConvertible {
  struct Shape: Codable, Sendable {
    let model_type: String
    var hidden_size: Int
    let num_hidden_layers: Int
    let num_attention_heads: Int
    let intermediate_size: Int
    let max_position_embeddings: Int
    let type_vocab_size: Int
    let layer_norm_eps: Double
    let hidden_act: String
  }

  let name: String
  let config: Shape
  let seed: UInt64
  let matrix_shift: Int
  let dtype: String
  let weights_sha256: String
  let pooling: String
  let do_lower_case: Bool
  let max_seq_length: Int
  let prefix: String
  let vocabulary: [String]
  let texts: [String]
  let ids: [[Int32]]
  let embeddings: [[Float]]

  var testDescription: String { name }

  static func all() throws -> [TinyModel] {
    struct File: Decodable { let models: [TinyModel] }
    let file: File = try Fixtures.json("tiny_bert.json")
    return file.models
  }
}

extension TinyModel {
  /// The names and shapes of the tensors, in the order in which their elements are made.
  var tensors: [(name: String, shape: [Int])] {
    let hidden = config.hidden_size
    let wide = config.intermediate_size
    var tensors = [
      ("embeddings.LayerNorm.bias", [hidden]), ("embeddings.LayerNorm.weight", [hidden]),
      ("embeddings.position_embeddings.weight", [config.max_position_embeddings, hidden]),
      ("embeddings.token_type_embeddings.weight", [config.type_vocab_size, hidden]),
      ("embeddings.word_embeddings.weight", [vocabulary.count, hidden]),
    ]
    for layer in 0..<config.num_hidden_layers {
      let name = "encoder.layer.\(layer)"
      for part in ["self.query", "self.key", "self.value", "output.dense"] {
        tensors.append(("\(name).attention.\(part).bias", [hidden]))
        tensors.append(("\(name).attention.\(part).weight", [hidden, hidden]))
      }
      for part in ["attention.output.LayerNorm", "output.LayerNorm"] {
        tensors.append(("\(name).\(part).bias", [hidden]))
        tensors.append(("\(name).\(part).weight", [hidden]))
      }
      tensors.append(("\(name).intermediate.dense.bias", [wide]))
      tensors.append(("\(name).intermediate.dense.weight", [wide, hidden]))
      tensors.append(("\(name).output.dense.bias", [hidden]))
      tensors.append(("\(name).output.dense.weight", [hidden, wide]))
    }
    return tensors.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
  }

  /// All elements, tensor after tensor, as tiny_bert.py makes them.
  func elements() -> [[Float]] {
    var state = seed
    return tensors.map { name, shape in
      (0..<shape.reduce(1, *)).map { _ in
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        z ^= z >> 31
        let n = Int(z >> 56) - 128
        if name.hasSuffix("LayerNorm.weight") { return 1 + Float(n >> 1) / 128 }
        if name == "embeddings.word_embeddings.weight" { return Float(n) / 128 }
        if name.hasPrefix("encoder."), name.hasSuffix(".weight") {
          return Float(n) / Float(1 << matrix_shift)
        }
        return Float(n) / 512
      }
    }
  }

  /// Writes a model folder as it would be published.
  func write(to folder: String) throws {
    try FileManager.default.createDirectory(
      atPath: folder + "/1_Pooling",
      withIntermediateDirectories: true
    )
    try JSONEncoder().encode(config).write(to: URL(filePath: folder + "/config.json"))
    try write("{\"max_seq_length\": \(max_seq_length)}", folder + "/sentence_bert_config.json")
    try write("{\"do_lower_case\": \(do_lower_case)}", folder + "/tokenizer_config.json")
    try write(
      "{\"pooling_mode_mean_tokens\": \(pooling == "mean"), \"pooling_mode_cls_token\": \(pooling == "cls")}",
      folder + "/1_Pooling/config.json"
    )
    try write(vocabulary.joined(separator: "\n") + "\n", folder + "/vocab.txt")
    try safetensors().write(to: URL(filePath: folder + "/model.safetensors"))
  }

  private func write(_ text: String, _ path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  /// The weights as a file; F16 and BF16 are exact, since the elements are made so.
  private func safetensors() throws -> Data {
    var header = "{\"__metadata__\": {\"format\": \"pt\"}"
    var data = Data()
    for ((name, shape), values) in zip(tensors, elements()) {
      let start = data.count
      for value in values { append(value, to: &data) }
      header += ", \"\(name)\": {\"dtype\": \"\(dtype)\", \"shape\": \(shape), "
      header += "\"data_offsets\": [\(start), \(data.count)]}"
    }
    header += "}"
    return withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
      + Data(header.utf8) + data
  }

  private func append(_ value: Float, to data: inout Data) {
    let bits = value.bitPattern
    switch dtype {
    case "F32": withUnsafeBytes(of: bits.littleEndian) { data.append(contentsOf: $0) }
    case "BF16":
      withUnsafeBytes(of: UInt16(bits >> 16).littleEndian) { data.append(contentsOf: $0) }
    default:
      // No element is subnormal, infinite or too fine.
      let exponent = Int(bits >> 23 & 0xFF) - 112
      let half =
        value == 0
        ? 0 : UInt16(bits >> 16 & 0x8000) | UInt16(exponent << 10) | UInt16(bits >> 13 & 0x3FF)
      withUnsafeBytes(of: half.littleEndian) { data.append(contentsOf: $0) }
    }
  }
}
