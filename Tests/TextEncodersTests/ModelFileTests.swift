import Foundation
import TestSupport
import Testing
import TextEncoders

/// Whatever is in a model folder, the answer is an error that says what, where and what to do.
@Suite("Model folders that cannot be used") struct ModelFileTests {
  @Test func `the small model works before it is spoiled`() throws {
    let scratch = try SmallModel().write()
    let encoder = try BERTEncoder(folder: scratch.path)
    let vectors = encoder.vectors(for: SmallModel.sentences)
    #expect(encoder.dimension == 8 && vectors.map(\.count) == [8, 8, 8])
    #expect(vectors.allSatisfy { abs(norm($0) - 1) < 1e-5 })
    #expect(SmallModel.sentences.map { encoder.tokenIDs(of: $0).count } == [2, 12, 12])
  }

  @Test func `a folder that is missing, or a file, is named`() throws {
    let scratch = try ScratchFolder()
    let file = try scratch.write("file", "text")
    for path in [scratch.path("nothing"), file] {
      expectRefusal(.notFound, "there is no folder", at: path) { _ = try BERTEncoder(folder: path) }
    }
  }

  @Test(arguments: SmallModel.names)
  func `a file that is missing is named where it is needed`(name: String) throws {
    let scratch = try SmallModel().write()
    try FileManager.default.removeItem(atPath: scratch.path(name))
    if ["sentence_bert_config.json", "tokenizer_config.json", "modules.json"].contains(name) {
      #expect(try BERTEncoder(folder: scratch.path).dimension == 8)
    } else {
      expectRefusal(.notFound, name, of: scratch)
    }
  }

  @Test(arguments: SmallModel.names)
  func `a folder where a file should be is refused, even where the file could be missing`(
    name: String
  ) throws {
    let scratch = try SmallModel().write()
    try FileManager.default.removeItem(atPath: scratch.path(name))
    try scratch.write(name + "/file", "text")
    expectRefusal(.notFound, "cannot read", at: scratch.path(name)) {
      _ = try BERTEncoder(folder: scratch.path)
    }
  }

  @Test(arguments: SmallModel.names.filter { $0.hasSuffix(".json") })
  func `a file that is no JSON is refused`(name: String) throws {
    let nested = String(repeating: "[", count: 100_000)
    for text in ["", "{", "[", "nul", "\u{0}", "{\"a\":", nested, "{\"x\": " + nested, "7"] {
      let scratch = try SmallModel().write()
      try scratch.write(name, text)
      expectRefusal(.badData, "\(name) is no JSON", of: scratch)
    }
  }

  @Test(arguments: SmallModel.names.filter { $0 != "model.safetensors" })
  func `a file of many gigabytes is refused without being read`(name: String) throws {
    let scratch = try SmallModel().write()
    let file = try #require(FileHandle(forWritingAtPath: scratch.path(name)))
    try file.truncate(atOffset: 1 << 36)
    expectRefusal(.badData, "is too large: it has 68719476736 bytes", at: scratch.path(name)) {
      _ = try BERTEncoder(folder: scratch.path)
    }
  }

  @Test func `what a file says is quoted in one line, and cut`() throws {
    var model = SmallModel()
    let long = String(repeating: "x", count: 100_000)
    model.config["model_type"] = "\"a\\nb\\r\\u001b\\u2028\(long)\""
    try model.expectRefusal("architecture is \"a b   xxx")
  }
}
