// The arithmetic of a transformer on one core: single precision, row-major, every size, no memory of
// its own. The first call chooses the widest instructions that this processor has.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#pragma clang assume_nonnull begin

/// Instruction sets, from the one that every processor of the architecture has.
typedef enum __attribute__((enum_extensibility(closed))) {
  matrix_simd_base,
  matrix_simd_avx2,
  matrix_simd_avx512,
} matrix_simd;

/// The instruction set in use.
matrix_simd matrix_simd_in_use(void);

/// Uses at most this instruction set from now on; for tests and measurements.
void matrix_simd_limit(matrix_simd level);

/// How many floats a packed k × n matrix takes.
size_t matrix_packed_count(size_t k, size_t n);

/// Packs a k × n matrix, whose element (p, j) is `b[p * row_stride + j * column_stride]`, for
/// `matrix_multiply`.
void matrix_pack(
  size_t k, size_t n, const float *b, size_t row_stride, size_t column_stride, float *packed
);

/// What becomes of a product on its way into c.
typedef struct {
  /// Whether it is added to what stands there.
  bool accumulate;
  /// Added to each row; one number per column.
  const float *_Nullable bias;
  /// Whether gelu(x) = x · (1 + erf(x / √2)) / 2 comes after the bias.
  bool gelu;
} matrix_output;

/// c = a · b, with what `output` says: a is m × k with rows `lda` apart, c is m × n with rows `ldc` apart.
void matrix_multiply(
  size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed, float *c,
  size_t ldc, matrix_output output
);

/// Replaces each row of a rows × n matrix by the softmax of the row times `scale`.
void matrix_softmax(size_t rows, size_t n, float *x, size_t ldx, float scale);

/// Normalises each row of a rows × n matrix to mean 0 and variance 1, then scales and shifts it by column.
void matrix_layer_norm(
  size_t rows, size_t n, float *x, const float *scale, const float *shift, float epsilon
);

#pragma clang assume_nonnull end
