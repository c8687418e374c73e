import CMatrixKernels
import Foundation
import TestSupport
import Testing
import TextEncoders

/// The figures come from sentence-transformers over the same texts: see Tests/Reference.
@Suite("MiniLM against sentence-transformers")
struct MiniLMReferenceTests {
  static let texts: [String] = Fixtures.lines("texts.jsonl")
  static let encoder = Result { try BERTEncoder(folder: ModelFolder.miniLM) }

  @Test("Token ids of every text")
  func tokenIDs() throws {
    let encoder = try Self.encoder.get()
    let expected: [[Int32]] = Fixtures.lines("minilm_ids.jsonl")
    #expect(expected.count == Self.texts.count && Self.texts.count >= 200)
    for (index, text) in Self.texts.enumerated() {
      #expect(encoder.tokenIDs(of: text) == expected[index], "text \(index): \(text.prefix(60))")
    }
  }

  @Test("Vectors, in one batch and one by one")
  func vectors() throws {
    let encoder = try Self.encoder.get()
    let expected = try NumpyArray(path: Fixtures.path("minilm.npy"))
    #expect(expected.rows == Self.texts.count && expected.columns == encoder.dimension)
    let together = encoder.vectors(for: Self.texts)
    for (index, text) in Self.texts.enumerated() {
      let alone = encoder.vectors(for: [text])[0]
      for vector in [together[index], alone] {
        #expect(cosine(vector, expected[index]) > 0.99999, "text \(index): \(text.prefix(60))")
        #expect(abs(norm(vector) - 1) < 1e-5)
      }
    }
  }

  @Test("Token ids of all real descriptions", .realData)
  func realTokenIDs() throws {
    struct Figures: Decodable {
      let descriptions: Int
      let tokens: Int
      let sha256: String
    }
    let encoder = try Self.encoder.get()
    let figures: Figures = try Fixtures.json("netflix_tokens.json")
    let descriptions = try RealDescriptions.all()
    var hash = TextHash()
    var tokens = 0
    for description in descriptions {
      let ids = encoder.tokenIDs(of: description)
      tokens += ids.count
      hash.update(ids.map(String.init).joined(separator: " ") + "\n")
    }
    #expect(descriptions.count == figures.descriptions)
    #expect(tokens == figures.tokens)
    #expect(hash.hexadecimal == figures.sha256)
  }
}
