import CMatrixKernels

/// The weights of a BERT and its forward pass: Devlin, Chang, Lee, Toutanova, "BERT", 2018
/// (arXiv:1810.04805).
///
/// Texts of a batch stand one after the other without padding: everything but attention works on rows
/// and does not care whose they are, and attention goes text by text.
struct BERTModel: Sendable {
  private let configuration: BERTConfiguration
  private let words: Tensor
  private let positions: Tensor
  // Of the first text, as there is no second.
  private let type: [Float]
  private let embeddingNorm: NormLayer
  private let layers: [Layer]

  /// One transformer layer.
  private struct Layer: Sendable {
    let queryKeyValue: DenseLayer
    let attentionOutput: DenseLayer
    let attentionNorm: NormLayer
    let up: DenseLayer
    let down: DenseLayer
    let norm: NormLayer
  }

  /// The number of tokens that have a vector.
  let vocabularySize: Int

  /// Reads and packs the weights.
  ///
  /// - Throws: ``EncoderError`` where a tensor is missing or of another shape than the configuration's.
  init(_ configuration: BERTConfiguration, weights: Safetensors) throws(EncoderError) {
    self.configuration = configuration
    let source = WeightSource(weights)
    let hidden = configuration.hiddenSize
    try source.checkLayers(configuration.layers)
    words = try source.wordEmbeddings(columns: hidden)
    vocabularySize = words.rows
    positions = try source.positions(atLeast: configuration.maximumTokens, columns: hidden)
    type = try source.firstTokenType(columns: hidden)
    let epsilon = configuration.normEpsilon
    embeddingNorm = try source.norm("embeddings.LayerNorm", hidden, epsilon)
    var layers: [Layer] = []
    for index in 0..<configuration.layers {
      let name = "encoder.layer.\(index)"
      layers.append(
        Layer(
          queryKeyValue: try source.dense(
            ["query", "key", "value"].map { "\(name).attention.self.\($0)" },
            hidden,
            hidden
          ),
          attentionOutput: try source.dense(["\(name).attention.output.dense"], hidden, hidden),
          attentionNorm: try source.norm("\(name).attention.output.LayerNorm", hidden, epsilon),
          up: try source.dense(
            ["\(name).intermediate.dense"],
            hidden,
            configuration.intermediateSize
          ),
          down: try source.dense(
            ["\(name).output.dense"],
            configuration.intermediateSize,
            hidden
          ),
          norm: try source.norm("\(name).output.LayerNorm", hidden, epsilon)
        )
      )
    }
    self.layers = layers
  }

  /// The memory for a forward pass of so many tokens.
  struct Workspace {
    fileprivate let rows: AlignedFloats
    fileprivate let queryKeyValue: AlignedFloats
    fileprivate let context: AlignedFloats
    fileprivate let wide: AlignedFloats
    fileprivate let scores: AlignedFloats
    fileprivate let keys: AlignedFloats
    fileprivate let values: AlignedFloats

    /// - Parameters:
    ///   - model: The model.
    ///   - tokens: The tokens of all texts of a batch at most.
    ///   - longest: The tokens of its longest text at most.
    init(for model: BERTModel, tokens: Int, longest: Int) {
      let hidden = model.configuration.hiddenSize
      let head = hidden / model.configuration.heads
      rows = AlignedFloats(count: tokens * hidden)
      queryKeyValue = AlignedFloats(count: tokens * hidden * 3)
      context = AlignedFloats(count: tokens * hidden)
      wide = AlignedFloats(count: tokens * model.configuration.intermediateSize)
      scores = AlignedFloats(count: longest * longest)
      keys = AlignedFloats(count: matrix_packed_count(head, longest))
      values = AlignedFloats(count: matrix_packed_count(longest, head))
    }
  }

  /// The vectors of a batch of texts, of unit length.
  ///
  /// - Parameters:
  ///   - texts: The token ids of each text, none empty.
  ///   - workspace: Memory for that many tokens.
  /// - Returns: A vector for each text.
  func vectors(for texts: ArraySlice<[Int32]>, in workspace: borrowing Workspace) -> [[Float]] {
    let tokens = embed(texts, in: workspace)
    for layer in layers {
      layer.queryKeyValue.apply(workspace.rows, rows: tokens, into: workspace.queryKeyValue)
      var first = 0
      for text in texts {
        attend(from: first, tokens: text.count, in: workspace)
        first += text.count
      }
      layer.attentionOutput.add(workspace.context, rows: tokens, to: workspace.rows)
      layer.attentionNorm.apply(to: workspace.rows, rows: tokens)
      layer.up.applyWithGELU(workspace.rows, rows: tokens, into: workspace.wide)
      layer.down.add(workspace.wide, rows: tokens, to: workspace.rows)
      layer.norm.apply(to: workspace.rows, rows: tokens)
    }
    var first = 0
    return texts.map { text in
      defer { first += text.count }
      return pool(from: first, tokens: text.count, in: workspace)
    }
  }

  /// Writes the sum of each token's word, position and type, normalised.
  ///
  /// - Returns: The number of tokens.
  private func embed(_ texts: ArraySlice<[Int32]>, in workspace: borrowing Workspace) -> Int {
    let hidden = configuration.hiddenSize
    var row = 0
    withUnsafeTemporaryAllocation(of: Float.self, capacity: hidden) { position in
      for text in texts {
        for (place, id) in text.enumerated() {
          let values = workspace.rows.row(row, of: hidden)
          words.readRow(Int(id), into: values)
          positions.readRow(place, into: position)
          for column in 0..<hidden { values[column] += position[column] + type[column] }
          row += 1
        }
      }
    }
    embeddingNorm.apply(to: workspace.rows, rows: row)
    return row
  }

  /// softmax(Q · Kᵀ / √d) · V for each head of one text.
  private func attend(from first: Int, tokens: Int, in workspace: borrowing Workspace) {
    let hidden = configuration.hiddenSize
    let head = hidden / configuration.heads
    let scale = 1 / Float(head).squareRoot()
    let query = workspace.queryKeyValue.start + first * hidden * 3
    let context = workspace.context.start + first * hidden
    let scores = workspace.scores.start
    for start in stride(from: 0, to: hidden, by: head) {
      let key = query + hidden + start
      let value = query + hidden * 2 + start
      matrix_pack(head, tokens, key, 1, hidden * 3, workspace.keys.start)
      matrix_multiply(
        tokens,
        tokens,
        head,
        query + start,
        hidden * 3,
        workspace.keys.start,
        scores,
        tokens,
        matrix_output()
      )
      matrix_softmax(tokens, tokens, scores, tokens, scale)
      matrix_pack(tokens, head, value, hidden * 3, 1, workspace.values.start)
      matrix_multiply(
        tokens,
        head,
        tokens,
        scores,
        tokens,
        workspace.values.start,
        context + start,
        hidden,
        matrix_output()
      )
    }
  }

  /// One vector of unit length from those of a text's tokens.
  private func pool(from first: Int, tokens: Int, in workspace: borrowing Workspace) -> [Float] {
    let hidden = configuration.hiddenSize
    var sum = Array(workspace.rows.row(first, of: hidden))
    if configuration.pooling == .mean {
      for token in first + 1..<first + tokens {
        let values = workspace.rows.row(token, of: hidden)
        for column in 0..<hidden { sum[column] += values[column] }
      }
    }
    return sum.normalized
  }
}

/// The tensors of a BERT by their names, which some files put a prefix before.
private struct WeightSource {
  private let weights: Safetensors
  private let prefix: String

  init(_ weights: Safetensors) {
    self.weights = weights
    let name = "embeddings.word_embeddings.weight"
    // Of several the same in every run.
    prefix =
      weights.tensorNames.filter { $0.hasSuffix("." + name) }.min()
      .map { String($0.dropLast(name.count)) } ?? ""
  }

  /// Checks that no layer would be left out, which would make other vectors without a word.
  func checkLayers(_ count: Int) throws(EncoderError) {
    guard weights.tensorNames.contains(where: { $0.hasPrefix("\(prefix)encoder.layer.\(count).") })
    else { return }
    throw EncoderError(
      .badData,
      "\(weights.name) has more layers than the \(count) that config.json speaks of",
      advice: "take the config.json that belongs to the weights"
    )
  }

  func wordEmbeddings(columns: Int) throws(EncoderError) -> Tensor {
    try table("embeddings.word_embeddings.weight", atLeast: 1, columns: columns)
  }

  func positions(atLeast rows: Int, columns: Int) throws(EncoderError) -> Tensor {
    try table("embeddings.position_embeddings.weight", atLeast: rows, columns: columns)
  }

  func firstTokenType(columns: Int) throws(EncoderError) -> [Float] {
    let table = try table("embeddings.token_type_embeddings.weight", atLeast: 1, columns: columns)
    return Array(table.floats.prefix(columns))
  }

  func norm(_ name: String, _ columns: Int, _ epsilon: Float) throws(EncoderError) -> NormLayer {
    NormLayer(
      scale: try weights.tensor("\(prefix)\(name).weight", shape: [columns]).floats,
      shift: try weights.tensor("\(prefix)\(name).bias", shape: [columns]).floats,
      epsilon: epsilon
    )
  }

  func dense(_ names: [String], _ inputs: Int, _ outputs: Int) throws(EncoderError) -> DenseLayer {
    var parts: [(weights: Tensor, bias: [Float])] = []
    for name in names {
      parts.append(
        (
          try weights.tensor("\(prefix)\(name).weight", shape: [outputs, inputs]),
          try weights.tensor("\(prefix)\(name).bias", shape: [outputs]).floats
        )
      )
    }
    return DenseLayer(inputs: inputs, parts: parts)
  }

  private func table(
    _ name: String,
    atLeast rows: Int,
    columns: Int
  ) throws(EncoderError) -> Tensor {
    let shape = try weights.shape(of: prefix + name)
    let found = shape.first ?? 0
    return try weights.tensor(prefix + name, shape: [max(rows, found), columns])
  }
}

extension [Float] {
  /// The vector of length 1 in the same direction; zero has none and stays.
  package var normalized: [Float] {
    let length = reduce(into: 0.0) { $0 += Double($1) * Double($1) }.squareRoot()
    guard length > 0 else { return self }
    let factor = Float(1 / length)
    return map { $0 * factor }
  }
}
