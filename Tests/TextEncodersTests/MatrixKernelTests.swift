import CMatrixKernels
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@Suite("Matrix kernels against double-precision loops", .serialized)
struct MatrixKernelTests {
  /// Every instruction set that this processor has.
  static let levels: [matrix_simd] = {
    let widest = matrix_simd_in_use()
    return [matrix_simd.base, .avx2, .avx512]
      .filter { $0.rawValue <= widest.rawValue }
  }()

  @Test("Products of 1 to 130 rows, columns and steps", arguments: levels)
  func smallProducts(level: matrix_simd) {
    withLimit(level) {
      var random = SeededGenerator(seed: 1)
      for size in 1...130 {
        expectProduct(m: size, n: 37, k: 19, using: &random)
        expectProduct(m: 13, n: size, k: 29, using: &random)
        expectProduct(m: 7, n: 33, k: size, using: &random)
        expectProduct(m: size, n: size, k: size, using: &random)
      }
      for _ in 0..<200 {
        expectProduct(
          m: .random(in: 1...130, using: &random),
          n: .random(in: 1...130, using: &random),
          k: .random(in: 1...130, using: &random),
          using: &random
        )
      }
    }
  }

  @Test("Products of the sizes that models have", arguments: levels)
  func largeProducts(level: matrix_simd) {
    withLimit(level) {
      var random = SeededGenerator(seed: 2)
      for size in [384, 1024, 4096] {
        expectProduct(m: 5, n: 31, k: size, using: &random)
        expectProduct(m: 3, n: size, k: 17, using: &random)
        expectProduct(m: size, n: 2, k: 11, using: &random)
      }
      expectProduct(m: 130, n: 384, k: 384, using: &random)
    }
  }

  @Test("A product can be added to what is there", arguments: levels)
  func accumulation(level: matrix_simd) {
    withLimit(level) {
      var random = SeededGenerator(seed: 3)
      for (m, n, k) in [(1, 1, 1), (13, 45, 300), (12, 64, 256), (5, 33, 600)] {
        expectProduct(m: m, n: n, k: k, accumulating: true, using: &random)
      }
    }
  }

  @Test("A product over no steps is zero, and adds nothing")
  func emptyProduct() {
    var c: [Float] = [1, 2, 3, 4]
    let nothing: [Float] = [0]
    let adding = matrix_output(accumulate: true, bias: nil, gelu: false)
    matrix_multiply(2, 2, 0, nothing, 0, nothing, &c, 2, adding)
    #expect(c == [1, 2, 3, 4])
    matrix_multiply(2, 2, 0, nothing, 0, nothing, &c, 2, matrix_output())
    #expect(c == [0, 0, 0, 0])
  }

  @Test("Softmax", arguments: levels)
  func softmax(level: matrix_simd) {
    withLimit(level) {
      var random = SeededGenerator(seed: 4)
      for n in [1, 2, 15, 16, 17, 33, 256] {
        let x = values(3 * n, in: -30...30, using: &random)
        var y = x
        matrix_softmax(3, n, &y, n, 0.5)
        for row in 0..<3 {
          let exponentials = x[row * n..<(row + 1) * n].map { exp(Double($0) * 0.5) }
          let sum = exponentials.reduce(0, +)
          for (found, wanted) in zip(y[row * n..<(row + 1) * n], exponentials) {
            #expect(abs(Double(found) - wanted / sum) < 2e-6, "n \(n)")
          }
        }
      }
      for score in [Float.nan, .infinity, -.infinity] {
        var y = [Float](repeating: score, count: 17)
        matrix_softmax(1, 17, &y, 17, 1)
        #expect(!y.contains { !$0.isNaN }, "\(score)")
      }
    }
  }

  @Test("A bias, and GELU after it, over no steps and over several slices", arguments: levels)
  func biasAndGELU(level: matrix_simd) {
    withLimit(level) {
      var random = SeededGenerator(seed: 6)
      for n in [1, 15, 16, 17, 32, 77] {
        for k in [0, 1, 30, 300] {
          expectFinish(n: n, k: k, gelu: false, using: &random)
          expectFinish(n: n, k: k, gelu: true, using: &random)
        }
      }
    }
  }

  /// A product of seven rows whose elements lie between -9 and 9, most of them near 0.
  private func expectFinish(n: Int, k: Int, gelu: Bool, using random: inout SeededGenerator) {
    let a = values(7 * max(k, 1), in: -1...1, using: &random)
    let b = values(max(k, 1) * n, in: -1...1, using: &random).map { $0 * 4 / Float(max(k, 1)) }
    let bias = values(n, in: -5...5, using: &random)
    var packed = [Float](repeating: 0, count: matrix_packed_count(max(k, 1), n))
    matrix_pack(k, n, b, n, 1, &packed)
    let before = values(7 * n, in: -1...1, using: &random)
    var c = before
    bias.withUnsafeBufferPointer { bias in
      let output = matrix_output(accumulate: true, bias: bias.baseAddress, gelu: gelu)
      matrix_multiply(7, n, k, a, k, packed, &c, n, output)
    }
    for index in c.indices {
      let (i, j) = (index / n, index % n)
      var sum = Double(before[index]) + Double(bias[j])
      for p in 0..<k { sum += Double(a[i * k + p]) * Double(b[p * n + j]) }
      let wanted = gelu ? sum * (1 + erf(sum / 2.0.squareRoot())) / 2 : sum
      #expect(abs(Double(c[index]) - wanted) < 3e-6, "n \(n), k \(k): \(sum)")
    }
  }

  @Test("Layer normalisation", arguments: levels)
  func layerNorm(level: matrix_simd) {
    withLimit(level) {
      var random = SeededGenerator(seed: 5)
      for n in [1, 15, 16, 33, 384] {
        let x = values(2 * n, in: -3...5, using: &random)
        let scale = values(n, in: 0.5...2, using: &random)
        let shift = values(n, in: -1...1, using: &random)
        var y = x
        matrix_layer_norm(2, n, &y, scale, shift, 1e-12)
        for row in 0..<2 {
          let values = x[row * n..<(row + 1) * n].map(Double.init)
          let mean = values.reduce(0, +) / Double(n)
          let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(n)
          for column in 0..<n {
            let normal = (values[column] - mean) / (variance + 1e-12).squareRoot()
            let wanted = normal * Double(scale[column]) + Double(shift[column])
            #expect(abs(Double(y[row * n + column]) - wanted) < 1e-5, "n \(n)")
          }
        }
      }
    }
  }

  private func withLimit(_ level: matrix_simd, _ body: () -> Void) {
    let before = matrix_simd_in_use()
    matrix_simd_limit(level)
    #expect(matrix_simd_in_use() == level)
    body()
    matrix_simd_limit(before)
  }

  private func values(
    _ count: Int,
    in range: ClosedRange<Float>,
    using random: inout SeededGenerator
  ) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &random) }
  }

  /// Multiplies random matrices and compares each element within 1e-5 of the sum of its terms' sizes.
  ///
  /// The second is packed from either layout, and what lies around the product must stay as it was.
  private func expectProduct(
    m: Int,
    n: Int,
    k: Int,
    accumulating: Bool = false,
    using random: inout SeededGenerator
  ) {
    let a = values(m * k, in: -1...1, using: &random)
    let b = values(k * n, in: -1...1, using: &random)
    let isTransposed = Bool.random(using: &random)
    var packed = [Float](repeating: .nan, count: matrix_packed_count(k, n))
    matrix_pack(k, n, b, isTransposed ? 1 : n, isTransposed ? k : 1, &packed)

    let stride = n + 3
    let before = values(m * stride, in: -1...1, using: &random)
    var c = before
    let output = matrix_output(accumulate: accumulating, bias: nil, gelu: false)
    matrix_multiply(m, n, k, a, k, packed, &c, stride, output)

    var worst = 0.0
    var isOutsideUntouched = true
    for i in 0..<m {
      for j in 0..<n {
        var sum = accumulating ? Double(before[i * stride + j]) : 0
        var size = abs(sum)
        for p in 0..<k {
          let term = Double(a[i * k + p]) * Double(b[isTransposed ? j * k + p : p * n + j])
          sum += term
          size += abs(term)
        }
        worst = max(worst, abs(Double(c[i * stride + j]) - sum) / max(size, 1e-30))
      }
      for j in n..<stride where c[i * stride + j] != before[i * stride + j] {
        isOutsideUntouched = false
      }
    }
    #expect(worst < 1e-5 && isOutsideUntouched, "\(m) × \(k) times \(k) × \(n)")
  }
}
