import TestSupport
import Testing
import TextEncoders

/// Texts at random: whatever a text is, its ids are the vocabulary's, framed and not too many.
@Suite("Tokens of texts made at random") struct TokenizerFuzzTests {
  /// MiniLM, and a model that changes nothing in a text.
  static let encoders = Result {
    var model = SmallModel()
    model.texts["tokenizer_config.json"] =
      #"{"do_lower_case": false, "strip_accents": false, "tokenize_chinese_chars": false}"#
    return [
      Expected(encoder: try BERTEncoder(folder: ModelFolder.miniLM), 101, 102, 30_522, 256),
      Expected(encoder: try model.encoder(), 2, 3, 36, 12),
    ]
  }

  @Test func `scalars of all planes, special tokens and long runs`() throws {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<Mutation.rounds * 4 {
      let text = Self.text(using: &random)
      for expected in try Self.encoders.get() { expected.check(text) }
    }
  }

  @Test func `every scalar alone, and within a word`() throws {
    let encoders = try Self.encoders.get()
    for value in UInt32(0)...0x10FFFF where value < 0x30000 || value % 251 == 0 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      for expected in encoders { expected.check("a\(scalar)b \(scalar)") }
    }
  }

  // What is quadratic takes minutes.
  @Test(
    .timeLimit(.minutes(10)),
    arguments: [
      ("letters", "a"), ("letters of two bytes", "é"), ("letters that grow", "İ"),
      ("ideographs", "漢"), ("syllables", "한"), ("combining marks", "\u{301}"),
      ("marks that stay", "\u{20DD}"), ("joiners", "\u{200D}"), ("ligatures", "\u{FDFA}"),
      ("emoji", "😀"), ("brackets", "["), ("half a special token", "[MASK"),
      ("special tokens", "[SEP]"), ("controls", "\u{1}"), ("NUL", "\0"), ("spaces", " "),
      ("wide spaces", "\u{3000}"), ("private use", "\u{F0000}"), ("words", "the cat sat "),
      ("words of the longest kind", String(repeating: "q", count: 99) + " "),
      ("words that are too long", String(repeating: "q", count: 101) + " "),
    ]
  )
  func `a megabyte of the same is cut in time`(name: String, part: String) throws {
    let text = String(repeating: part, count: 1_000_000 / part.utf8.count)
    for expected in try Self.encoders.get() { expected.check(text) }
  }

  /// A text of up to forty parts, some of which repeat.
  private static func text(using random: inout SeededGenerator) -> String {
    var text = ""
    for _ in 0..<Int.random(in: 0...40, using: &random) {
      let part: String =
        switch Int.random(in: 0..<8, using: &random) {
        case 0: ["[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]"].randomElement(using: &random) ?? ""
        case 1: ["[", "[mask]", "[MASK", "##a", "]", "[[PAD]"].randomElement(using: &random) ?? ""
        case 2: [" ", "\n", "\r\n", "\t", "\0", "\u{85}"].randomElement(using: &random) ?? ""
        case 3: scalar(in: 0x300...0x36F, using: &random)
        case 4: scalar(in: 0x21...0x7E, using: &random)
        case 5: scalar(in: 0...0xFFFF, using: &random)
        case 6: scalar(in: 0x10000...0x10FFFF, using: &random)
        default: scalar(in: 0x4E00...0x9FFF, using: &random)
        }
      let isRun = Int.random(in: 0..<8, using: &random) == 0
      text += String(repeating: part, count: isRun ? .random(in: 2...300, using: &random) : 1)
    }
    return text
  }

  private static func scalar(
    in range: ClosedRange<UInt32>,
    using random: inout SeededGenerator
  ) -> String {
    Unicode.Scalar(UInt32.random(in: range, using: &random)).map { String($0) } ?? "\u{FFFD}"
  }
}

/// An encoder, and what every text's ids are between.
struct Expected {
  let encoder: BERTEncoder
  let start: Int32
  let end: Int32
  let words: Int32
  let most: Int

  init(encoder: BERTEncoder, _ start: Int32, _ end: Int32, _ words: Int32, _ most: Int) {
    self.encoder = encoder
    self.start = start
    self.end = end
    self.words = words
    self.most = most
  }

  /// Expects ids of the vocabulary, framed and not too many.
  func check(_ text: String) {
    let ids = encoder.tokenIDs(of: text)
    let isFramed = ids.count >= 2 && ids.first == start && ids.last == end
    let isWithin = ids.count <= most && ids.allSatisfy { (0..<words).contains($0) }
    if !isFramed || !isWithin { Issue.record("\(ids) of \(text.prefix(100).debugDescription)") }
  }
}
