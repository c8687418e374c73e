import CMatrixKernels

/// The vector instructions that models in this process are computed with: the widest that the processor
/// has, unless they are limited.
public enum InstructionSet: String, Sendable, CaseIterable {
  /// What every processor of the architecture has.
  case base
  /// AVX2 with FMA.
  case avx2
  /// AVX-512.
  case avx512

  /// What is used.
  public static var inUse: InstructionSet {
    switch matrix_simd_in_use() {
    case .avx512: .avx512
    case .avx2: .avx2
    default: .base
    }
  }

  /// Uses at most this set from now on, in the whole process; for measurements.
  public func limit() {
    switch self {
    case .avx512: matrix_simd_limit(.avx512)
    case .avx2: matrix_simd_limit(.avx2)
    case .base: matrix_simd_limit(.base)
    }
  }
}
