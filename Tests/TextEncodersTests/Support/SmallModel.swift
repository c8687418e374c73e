import TestSupport
import TextEncoders

/// A folder of the smallest model that has everything, in which a test spoils what it wants.
struct SmallModel {
  /// The entries of `config.json`, as JSON.
  var config = [
    "model_type": "\"bert\"", "hidden_size": "8", "num_hidden_layers": "1",
    "num_attention_heads": "2", "intermediate_size": "12", "max_position_embeddings": "16",
    "layer_norm_eps": "1e-12", "hidden_act": "\"gelu\"",
    "position_embedding_type": "\"absolute\"",
  ]
  /// The other text files; what is taken out is not written.
  var texts = [
    "1_Pooling/config.json":
      #"{"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": false, "x": [1, null]}"#,
    "sentence_bert_config.json": #"{"max_seq_length": 12, "do_lower_case": false}"#,
    "tokenizer_config.json": #"{"do_lower_case": true, "model_max_length": 1e30}"#,
    "modules.json": """
    [{"type": "sentence_transformers.models.Transformer", "path": ""},
     {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"}]
    """,
    "vocab.txt": SmallModel.vocabulary.map { $0 + "\n" }.joined(),
  ]
  /// `model.safetensors`.
  var weights = WeightsFile(hidden: 8, wide: 12, positions: 16, words: vocabulary.count)

  static let names =
    ["config.json", "model.safetensors"] + SmallModel().texts.keys.sorted()

  static let vocabulary =
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    + "abcdefghijklm".flatMap { [String($0), "##\($0)"] } + [".", ",", "é", "界", "##\u{301}"]

  /// Some texts: empty, short, longer than the model takes, and with a special token.
  static let sentences = ["", "a bad cab, a big dam", "abc [MASK] é 界 e\u{301} ghi jkl. mmm cafe"]

  /// `config.json`, in the same order in every run.
  var configuration: [UInt8] {
    let entries = config.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }
    return Array("{\(entries.joined(separator: ", "))}".utf8)
  }

  /// Writes the files.
  func write() throws -> ScratchFolder {
    let scratch = try ScratchFolder()
    try scratch.write("config.json", configuration)
    for (name, text) in texts { try scratch.write(name, text) }
    try scratch.write("model.safetensors", weights.bytes)
    return scratch
  }
}

extension SmallModel {
  /// Opens the model; its files are gone then, but for what is mapped.
  func encoder() throws -> BERTEncoder {
    let scratch = try write()
    return try withExtendedLifetime(scratch) { try BERTEncoder(folder: scratch.path) }
  }
}

/// A safetensors file in the making.
struct WeightsFile {
  /// A tensor in the header, its parts as JSON.
  struct Entry {
    var type = "\"F32\""
    var shape: String
    var offsets: String

    var json: String { #"{"dtype": \#(type), "shape": \#(shape), "data_offsets": \#(offsets)}"# }
  }

  /// The tensors by their names.
  var entries: [String: Entry] = [:]
  /// What stands in the header before the tensors.
  var beginning = #""__metadata__": {"format": "pt"}"#
  /// The numbers.
  var data: [UInt8] = []

  /// Random weights of a BERT with one layer.
  init(hidden: Int, wide: Int, positions: Int, words: Int) {
    var random = SeededGenerator(seed: 1)
    var tensors = [
      ("embeddings.LayerNorm", [hidden]), ("embeddings.position_embeddings", [positions, hidden]),
      ("embeddings.token_type_embeddings", [2, hidden]),
      ("embeddings.word_embeddings", [words, hidden]),
      ("encoder.layer.0.intermediate.dense", [wide, hidden]),
      ("encoder.layer.0.output.dense", [hidden, wide]),
      ("encoder.layer.0.output.LayerNorm", [hidden]),
      ("encoder.layer.0.attention.output.LayerNorm", [hidden]),
    ]
    for part in ["self.query", "self.key", "self.value", "output.dense"] {
      tensors.append(("encoder.layer.0.attention.\(part)", [hidden, hidden]))
    }
    for (name, shape) in tensors {
      add("\(name).weight", shape, using: &random)
      if !name.hasSuffix("_embeddings") { add("\(name).bias", [shape[0]], using: &random) }
    }
  }

  private mutating func add(
    _ name: String,
    _ shape: [Int],
    using random: inout SeededGenerator
  ) {
    let start = data.count
    for _ in 0..<shape.reduce(1, *) {
      let value = Float.random(in: -1...1, using: &random)
      withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
    }
    entries[name] = Entry(shape: "\(shape)", offsets: "[\(start), \(data.count)]")
  }

  /// The header, in the same order in every run.
  var header: String {
    let tensors = entries.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value.json)" }
    return "{" + ([beginning] + tensors).joined(separator: ", ") + "}"
  }

  /// The file.
  var bytes: [UInt8] { Self.file(header) + data }

  /// A header with its length before it.
  static func file(_ header: String) -> [UInt8] {
    file(length: UInt64(header.utf8.count), header.utf8)
  }

  /// A header with any length before it.
  static func file(length: UInt64, _ header: some Sequence<UInt8>) -> [UInt8] {
    withUnsafeBytes(of: length.littleEndian) { Array($0) } + header
  }
}
