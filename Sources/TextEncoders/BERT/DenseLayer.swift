import CMatrixKernels

/// y = x · Wᵀ + b of a model, with its weights packed for the kernels.
struct DenseLayer: Sendable {
  /// The elements of an input row.
  let inputs: Int
  /// The elements of an output row.
  let outputs: Int
  // Added to each output row.
  private let bias: [Float]
  // Sixteen floats are a cache line, at which an array of them begins.
  private let packed: [SIMD16<Float>]

  /// Packs weights of the shape [outputs, inputs]; several parts stand side by side in the output.
  init(inputs: Int, parts: [(weights: Tensor, bias: [Float])]) {
    self.inputs = inputs
    bias = parts.flatMap(\.bias)
    outputs = bias.count
    let weights = parts.flatMap(\.weights.floats)
    let lines = (matrix_packed_count(inputs, outputs) + 15) / 16
    var packed = [SIMD16<Float>](repeating: .zero, count: lines)
    packed.withUnsafeMutableBytes { [inputs, outputs] bytes in
      guard let floats = bytes.bindMemory(to: Float.self).baseAddress else { return }
      matrix_pack(inputs, outputs, weights, 1, inputs, floats)
    }
    self.packed = packed
  }

  /// y = x · Wᵀ + b for a number of rows.
  func apply(_ x: AlignedFloats, rows: Int, into y: AlignedFloats) {
    multiply(x, rows, y, accumulate: false, gelu: false)
  }

  /// y = gelu(x · Wᵀ + b) for a number of rows.
  func applyWithGELU(_ x: AlignedFloats, rows: Int, into y: AlignedFloats) {
    multiply(x, rows, y, accumulate: false, gelu: true)
  }

  /// y += x · Wᵀ + b for a number of rows.
  func add(_ x: AlignedFloats, rows: Int, to y: AlignedFloats) {
    multiply(x, rows, y, accumulate: true, gelu: false)
  }

  private func multiply(
    _ x: AlignedFloats,
    _ rows: Int,
    _ y: AlignedFloats,
    accumulate: Bool,
    gelu: Bool
  ) {
    bias.withUnsafeBufferPointer { bias in
      let output = matrix_output(accumulate: accumulate, bias: bias.baseAddress, gelu: gelu)
      packed.withUnsafeBytes { bytes in
        guard let weights = bytes.baseAddress?.assumingMemoryBound(to: Float.self) else { return }
        matrix_multiply(rows, outputs, inputs, x.start, inputs, weights, y.start, outputs, output)
      }
    }
  }
}

/// Scale and shift of a layer normalisation.
struct NormLayer: Sendable {
  /// One factor per column.
  let scale: [Float]
  /// One summand per column.
  let shift: [Float]
  /// Added to the variance.
  let epsilon: Float

  /// Normalises rows in place.
  func apply(to x: AlignedFloats, rows: Int) {
    matrix_layer_norm(rows, scale.count, x.start, scale, shift, epsilon)
  }
}
