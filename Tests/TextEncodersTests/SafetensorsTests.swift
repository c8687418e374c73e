import TestSupport
import Testing
import TextEncoders

/// Weights that cannot be used: a header that is none, and tensors that cannot be where it says.
@Suite("Safetensors files") struct SafetensorsTests {
  static let first = "embeddings.LayerNorm.weight"
  static let words = "embeddings.word_embeddings.weight"
  static let query = "encoder.layer.0.attention.self.query.weight"

  @Test func `a file that ends before its header does is refused`() throws {
    for count in 0..<8 { try expectRefused([UInt8](repeating: 0, count: count), "than the file") }
    for length in [3, 1 << 31, 1 << 32, UInt64(Int.max), UInt64(Int.max) + 1, .max - 8, .max] {
      let file = WeightsFile.file(length: length, "{}".utf8)
      try expectRefused(file, "its header is longer than the file (10 bytes)")
    }
  }

  @Test func `a header that is no object of tensors is refused`() throws {
    let nested = String(repeating: "[", count: 100_000)
    let objects = String(repeating: "{\"a\":", count: 100_000)
    for header in [
      "", " ", "[]", "null", "7", "\"a\"", "{", "{\"a\":", "{\"a\": 1}", "{\"a\": {}}", "\u{0}",
      nested, objects, "{\"a\": \(nested)", "{\"__metadata__\": \(nested)",
      nested + String(repeating: "]", count: 100_000),
      #"{"a": {"dtype": 5, "shape": [], "data_offsets": []}}"#,
      #"{"a": {"dtype": "F32", "shape": [1e30], "data_offsets": [0, 0]}}"#,
      #"{"a": {"dtype": "F32", "shape": [9223372036854775808], "data_offsets": [0, 0]}}"#,
      #"{"a": {"dtype": "F32", "shape": ["1"], "data_offsets": [0, 0]}}"#,
    ] {
      let file = WeightsFile.file(header)
      try expectRefused(file, "its header is no JSON of the expected shape")
    }
    try expectRefused(WeightsFile.file(length: 0, "{}".utf8), "its header is no JSON")
  }

  @Test func `a header of more bytes than any model needs is not read`() throws {
    let header = "{}" + String(repeating: " ", count: 1 << 24)
    try expectRefused(WeightsFile.file(header), "its header is too long: 16777218 bytes")
  }

  @Test func `offsets and shapes that cannot be are refused`() throws {
    let end = SmallModel().weights.data.count
    for (shape, offsets, message) in [
      ("[8]", "[-4, 28]", "has a shape or offsets that cannot be"),
      ("[8]", "[32, 0]", "has a shape or offsets that cannot be"),
      ("[8]", "[0]", "has a shape or offsets that cannot be"),
      ("[8]", "[0, 32, 64]", "has a shape or offsets that cannot be"),
      ("[-8]", "[0, 32]", "has a shape or offsets that cannot be"),
      ("[8]", "[-9223372036854775808, 9223372036854775807]", "that cannot be"),
      ("[8]", "[0, \(end + 1)]", "ends beyond the file: the file is truncated"),
      ("[8]", "[0, 9223372036854775807]", "ends beyond the file: the file is truncated"),
      ("[9]", "[0, 32]", "has 32 bytes, its shape needs 36"),
      ("[0]", "[0, 32]", "has 32 bytes, its shape needs 0"),
      ("[9223372036854775807]", "[0, 32]", "is too large"),
      ("[4294967296, 4294967296, 8]", "[0, 32]", "is too large"),
      ("[9223372036854775807, 9223372036854775807, 0]", "[0, 32]", "is too large"),
      ("[0, 9223372036854775807]", "[0, 32]", "has 32 bytes, its shape needs 0"),
      ("[8]", "[32, 64]", "does not follow on another"),
      ("[16]", "[0, 64]", "overlaps another"),
      ("[7]", "[0, 28]", "does not follow on another"),
      ("[8]", "[\(end - 32), \(end)]", "does not follow on another"),
      ("[0]", "[16, 16]", "does not follow on another"),
      ("[4, 2]", "[0, 32]", "has the shape [4, 2], config.json asks for [8]"),
      ("[8, 1]", "[0, 32]", "has the shape [8, 1], config.json asks for [8]"),
    ] {
      var model = SmallModel()
      model.weights.entries[Self.first]?.shape = shape
      model.weights.entries[Self.first]?.offsets = offsets
      try model.expectRefusal(message)
    }
  }

  @Test func `the embeddings' tables are refused in another shape`() throws {
    for (shape, message) in [
      ("[]", "its shape needs 4"), ("[0, 8]", "its shape needs 0"),
      ("[288]", "has the shape [288]"),
      ("[36, 4, 2]", "asks for [36, 8]"), ("[72, 4]", "asks for [72, 8]"),
      ("[8, 36]", "asks for [8, 8]"),
    ] {
      var model = SmallModel()
      model.weights.entries[Self.words]?.shape = shape
      try model.expectRefusal(message)
    }
  }

  @Test(arguments: ["I64", "F8_E4M3", "F64", "BOOL", "f32", "", "F32\\n"])
  func `a type that is not computed with is named, but only where it is needed`(
    type: String
  ) throws {
    var model = SmallModel()
    model.weights.entries[Self.query]?.type = "\"\(type)\""
    try model.expectRefusal("tensor \(Self.query) is of type")
    model = SmallModel()
    let end = model.weights.data.count
    model.weights.data += [1, 2, 3]
    model.weights.entries["embeddings.position_ids"] =
      .init(type: "\"\(type)\"", shape: "[1, 16]", offsets: "[\(end), \(end + 3)]")
    if type != "F32" { #expect(try model.encoder().dimension == 8) }
  }

  @Test func `every tensor has to be there`() throws {
    for name in SmallModel().weights.entries.keys {
      var model = SmallModel()
      let entry = model.weights.entries.removeValue(forKey: name)
      model.weights.entries["other"] = entry
      try model.expectRefusal("it has no tensor \(name)")
    }
  }

  @Test func `a file that lacks or has a byte is refused`() throws {
    var model = SmallModel()
    model.weights.data.removeLast()
    try model.expectRefusal("ends beyond the file: the file is truncated")
    model.weights.data += [0, 0]
    try model.expectRefusal("it has 1 bytes that belong to no tensor")
  }

  @Test func `tensors without elements, odd metadata and a prefix do no harm`() throws {
    let expected = try SmallModel().encoder().vectors(for: SmallModel.sentences)
    for beginning in [
      #""__metadata__": [1, {"a": null}]"#, #""__metadata__": 7"#, #""__metadata__": null"#,
      #""__metadata__": {}, "__metadata__": []"#,
      #""a": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}"#,
      #""a": {"dtype": "F32", "shape": [3, 0, 9223372036854775807], "data_offsets": [64, 64]}"#,
    ] {
      var model = SmallModel()
      model.weights.beginning = beginning
      #expect(try model.encoder().vectors(for: SmallModel.sentences) == expected)
    }
    var model = SmallModel()
    model.weights.entries = Dictionary(
      uniqueKeysWithValues: model.weights.entries.map { ("a.bert." + $0.key, $0.value) }
    )
    #expect(try model.encoder().vectors(for: SmallModel.sentences) == expected)
  }

  @Test func `a tensor that is named twice is refused where its places differ`() throws {
    var model = SmallModel()
    model.weights.data += [UInt8](repeating: 0, count: 32)
    let end = model.weights.data.count
    model.weights.beginning = """
      "\(Self.first)": {"dtype": "F32", "shape": [8], "data_offsets": [\(end - 32), \(end)]}
      """
    try model.expectRefusal("does not follow on another")
  }

  private func expectRefused(
    _ bytes: [UInt8],
    _ message: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let scratch = try SmallModel().write()
    let path = try scratch.write("model.safetensors", bytes)
    expectRefusal(
      .badData,
      message,
      at: path,
      sourceLocation: sourceLocation
    ) { _ = try BERTEncoder(folder: scratch.path) }
  }
}
