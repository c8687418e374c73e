import TestSupport
import Testing
import TextEncoders

/// The vocabularies of model folders, and the length that texts are cut to.
@Suite("Vocabularies and lengths") struct ModelVocabularyTests {
  @Test(arguments: ["[UNK]", "[CLS]", "[SEP]"])
  func `a vocabulary without a token that every text needs is refused`(token: String) throws {
    let lines = SmallModel.vocabulary.filter { $0 != token }
    for text in [lines.map { $0 + "\n" }.joined(), lines.joined(separator: "\r\n")] {
      try model(vocabulary: text).expectRefusal("vocab.txt lacks the token \(token)")
    }
  }

  @Test func `a vocabulary of nothing, or of no text, is refused`() throws {
    for bytes in [[], [0x0A], [0xFF, 0xFE, 0x0A, 0x00], [UInt8](repeating: 0x0A, count: 1 << 20)] {
      let scratch = try SmallModel().write()
      try scratch.write("vocab.txt", bytes)
      expectRefusal(.badData, "lacks the token [UNK]", of: scratch)
    }
  }

  @Test func `more tokens than the weights have rows are refused, fewer are not`() throws {
    let text = SmallModel.vocabulary.map { $0 + "\n" }.joined()
    try model(vocabulary: text + "more\n").expectRefusal("has 37 tokens, the weights 36")
    var model = SmallModel()
    model.texts["vocab.txt"] = "[UNK]\n[CLS]\n[SEP]"
    let encoder = try model.encoder()
    #expect(encoder.tokenIDs(of: "a [MASK] b") == [1, 0, 0, 0, 0, 0, 2])
  }

  @Test func `line ends of either kind give the same tokens`() throws {
    let text = SmallModel.sentences[2]
    let expected = try encoder(SmallModel.vocabulary.joined(separator: "\n")).tokenIDs(of: text)
    #expect(expected.first == 2 && expected.last == 3)
    for end in ["\r\n", "\n"] {
      let lines = SmallModel.vocabulary.map { $0 + end }.joined()
      #expect(try encoder(lines).tokenIDs(of: text) == expected)
    }
  }

  @Test func `a token that stands there twice has its last line's number, as in Python`() throws {
    var lines = SmallModel.vocabulary
    lines[20] = "a"
    #expect(try encoder(lines.joined(separator: "\n")).tokenIDs(of: "a") == [2, 20, 3])
  }

  @Test func `tokens that are no UTF-8 are never found, and do no harm`() throws {
    let scratch = try SmallModel().write()
    var bytes = Array(SmallModel.vocabulary.joined(separator: "\n").utf8)
    for token in [[0xFF], [0xE7], [0x23, 0x23, 0x95], [0xC0, 0x80]] as [[UInt8]] {
      bytes.replace([0x0A, 0x61, 0x0A], with: [0x0A] + token + [0x0A], maxReplacements: 1)
      try scratch.write("vocab.txt", bytes)
      let encoder = try BERTEncoder(folder: scratch.path)
      let ids = encoder.tokenIDs(of: "a 界 é")
      #expect(ids.first == 2 && ids.last == 3 && ids.allSatisfy { (0..<36).contains($0) })
      bytes.replace([0x0A] + token + [0x0A], with: [0x0A, 0x61, 0x0A], maxReplacements: 1)
    }
  }

  @Test(arguments: ["0", "1", "2", "-1", "-9223372036854775808"])
  func `a length that leaves no room for a text is refused`(length: String) throws {
    for file in ["sentence_bert_config.json", "tokenizer_config.json"] {
      try model(length, in: file).expectRefusal(
        "max_seq_length \(length) leaves no room for a text"
      )
    }
  }

  @Test(arguments: [
    ("3", 3), ("15", 15), ("16", 16), ("17", 16), ("8193", 16), ("9223372036854775807", 16),
  ])
  func `a length is at most that of the position table`(length: String, tokens: Int) throws {
    for file in ["sentence_bert_config.json", "tokenizer_config.json"] {
      let encoder = try model(length, in: file).encoder()
      let text = String(repeating: "a ", count: 100)
      #expect(encoder.tokenIDs(of: text).count == tokens)
      #expect(encoder.vectors(for: [text]).map(\.count) == [8])
    }
  }

  @Test func `a length beyond every number is none in one file and refused in the other`() throws {
    let encoder = try model("1e30", in: "tokenizer_config.json").encoder()
    #expect(encoder.tokenIDs(of: String(repeating: "a ", count: 100)).count == 16)
    try model("1e30", in: "sentence_bert_config.json")
      .expectRefusal("sentence_bert_config.json is no JSON, or has a number that cannot be")
  }

  @Test func `texts of a million tokens are refused, for their squares do not fit`() throws {
    var model = SmallModel()
    model.config["max_position_embeddings"] = "1000000"
    model.texts["sentence_bert_config.json"] = nil
    try model.expectRefusal("its texts have up to 1000000 tokens, dbtool takes 8192")
  }

  private func model(_ length: String, in file: String) -> SmallModel {
    var model = SmallModel()
    model.texts["sentence_bert_config.json"] = nil
    let key = file.hasPrefix("sentence") ? "max_seq_length" : "model_max_length"
    model.texts[file] = "{\"\(key)\": \(length)}"
    return model
  }

  private func model(vocabulary: String) -> SmallModel {
    var model = SmallModel()
    model.texts["vocab.txt"] = vocabulary
    return model
  }

  private func encoder(_ vocabulary: String) throws -> BERTEncoder {
    try model(vocabulary: vocabulary).encoder()
  }
}
