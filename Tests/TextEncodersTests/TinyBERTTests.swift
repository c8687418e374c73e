import Foundation
import TestSupport
import Testing
import TextEncoders

/// Other shapes than MiniLM's, with figures from transformers: see Tests/Reference.
///
/// CLS pooling, 1,024 elements, head sizes that no vector instruction divides, F16 and BF16.
@Suite("Small random BERTs against transformers")
struct TinyBERTTests {
  @Test(arguments: try TinyModel.all())
  func agrees(model: TinyModel) throws {
    let scratch = try ScratchFolder()
    try model.write(to: scratch.path)
    var weights = TextHash()
    for values in model.elements() { weights.update(values) }
    try #require(weights.hexadecimal == model.weights_sha256)

    let encoder = try BERTEncoder(folder: scratch.path)
    #expect(encoder.dimension == model.config.hidden_size)
    let texts = model.texts.map { model.prefix + $0 }
    let vectors = encoder.vectors(for: texts)
    #expect(vectors.count == model.embeddings.count && vectors.count >= 10)
    for (index, text) in texts.enumerated() {
      #expect(encoder.tokenIDs(of: text) == model.ids[index], "\(text)")
      #expect(cosine(vectors[index], model.embeddings[index]) > 0.99999, "\(text)")
      // A cosine would not see the other GELU, or an epsilon that is left out.
      let furthest = zip(vectors[index], model.embeddings[index]).map { abs($0 - $1) }.max() ?? .nan
      #expect(furthest < 4e-6, "\(text)")
    }
  }
}
