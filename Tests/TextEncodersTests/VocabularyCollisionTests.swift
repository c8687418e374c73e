import TestSupport
import Testing

/// A vocabulary that is made to be slow.
@Suite("Tokens with the same hash") struct VocabularyCollisionTests {
  // With a hash that everybody knows it would take a minute and a half.
  @Test(.timeLimit(.minutes(10)))
  func `a vocabulary whose tokens collide in FNV-1a is read in time`() throws {
    let tokens = Self.colliding(count: 250_000)
    #expect(Set(tokens).count > 245_000)
    var model = SmallModel()
    model.texts["vocab.txt"]? += tokens.joined(separator: "\n")
    try model.expectRefusal("has 250036 tokens, the weights 36")
  }

  /// Tokens whose FNV-1a, from its usual start, ends in 19 zero bits: a table of them has 2¹⁹ slots.
  private static func colliding(count: Int) -> [String] {
    let mask: UInt32 = 0x7FFFF
    let printable = UInt32(33)...126
    var inverse: UInt32 = 1
    for _ in 0..<5 { inverse &*= 2 &- 0x1B3 &* inverse }
    // What has to follow on a hash so that three bytes later it is zero.
    var endings: [UInt32: [UInt32]] = [:]
    for first in printable {
      for second in printable {
        for third in printable {
          let before = ((third &* inverse ^ second) &* inverse ^ first) & mask
          endings[before] = [first, second, third]
        }
      }
    }
    var random = SeededGenerator(seed: 3)
    var tokens: [String] = []
    while tokens.count < count {
      let start = (0..<5).map { _ in UInt32.random(in: printable, using: &random) }
      let hash = start.reduce(0x8422_2325) { ($0 ^ $1) &* 0x1B3 } & mask
      guard let ending = endings[hash] else { continue }
      tokens.append(String(decoding: (start + ending).map { UInt8($0) }, as: UTF8.self))
    }
    return tokens
  }
}
