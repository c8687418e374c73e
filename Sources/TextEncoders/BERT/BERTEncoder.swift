/// A BERT in this process, from a plain folder of its files.
///
/// The folder holds `config.json`, `vocab.txt`, `model.safetensors` (F32, F16 or BF16) and
/// `1_Pooling/config.json` (mean or [CLS]), and may hold `modules.json`, `sentence_bert_config.json` and
/// `tokenizer_config.json`, as they are published for sentence-transformers.
///
/// A value can be used by many threads at once; each call uses the thread that it runs on.
public struct BERTEncoder: TextEncoder {
  /// The number of elements in each vector.
  public var dimension: Int? { elements }
  private let elements: Int
  private let tokenizer: WordPieceTokenizer
  private let model: BERTModel

  /// Tokens that go through the model at once: enough that the weights are used often while they are
  /// in the cache, few enough that what is computed from them stays there.
  private static let tokensAtOnce = 512

  /// Reads a model.
  ///
  /// - Parameter folder: The folder's path.
  /// - Throws: ``EncoderError`` where a file is missing, malformed or truncated, or the model is no BERT.
  public init(folder: String) throws(EncoderError) {
    let configuration = try BERTConfiguration(folder: folder)
    let vocabulary = try WordPieceVocabulary(path: "\(folder)/vocab.txt")
    let weights = try Safetensors(path: "\(folder)/model.safetensors")
    model = try BERTModel(configuration, weights: weights)
    // Some models have a few tokens more than words, for a size that is a round number.
    guard (model.vocabularySize - 127...model.vocabularySize).contains(vocabulary.count) else {
      throw EncoderError(
        .badData,
        "vocab.txt in \(folder) has \(vocabulary.count) tokens, the weights \(model.vocabularySize)",
        advice: "take the vocab.txt that belongs to the model"
      )
    }
    elements = configuration.hiddenSize
    tokenizer = WordPieceTokenizer(
      vocabulary: vocabulary,
      normalization: TextNormalization(
        lowercases: configuration.lowercases,
        stripsAccents: configuration.stripsAccents,
        separatesIdeographs: configuration.separatesIdeographs
      ),
      maximumTokens: configuration.maximumTokens
    )
  }

  /// The ids of a text's tokens, [CLS] and [SEP] included, cut to what the model takes.
  public func tokenIDs(of text: String) -> [Int32] { tokenizer.ids(of: text) }

  /// The vectors of texts, of unit length; the longest text's end is cut off where the model ends.
  ///
  /// - Returns: One vector of ``dimension`` elements for each text, in their order.
  public func vectors(for texts: [String]) -> [[Float]] {
    let ids = texts.map(tokenizer.ids(of:))
    guard let longest = ids.map(\.count).max() else { return [] }
    let all = ids.reduce(0) { $0 + $1.count }
    // Parts of about the same size: a small one at the end would read all weights for little.
    let parts = (all + Self.tokensAtOnce - 1) / Self.tokensAtOnce
    let most = max((all + parts - 1) / parts + longest / 2, longest)
    let workspace = BERTModel.Workspace(for: model, tokens: most, longest: longest)
    var vectors: [[Float]] = []
    vectors.reserveCapacity(texts.count)
    var start = 0
    while start < ids.count {
      var end = start
      var tokens = 0
      while end < ids.count, tokens + ids[end].count <= most {
        tokens += ids[end].count
        end += 1
      }
      vectors += model.vectors(for: ids[start..<end], in: workspace)
      start = end
    }
    return vectors
  }
}
