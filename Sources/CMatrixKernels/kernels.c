#include "matrix_kernels.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

// Columns of b that are packed side by side. The last panel is filled up with zeros, so that a tile
// always reads whole vectors.
#define PANEL 32
// Rows of b in one slice: 256 rows of a panel are 32 KiB.
#define DEPTH 256

// Unrolled, so that what is indexed by it stays in registers.
#define EACH(i, count) \
  _Pragma("clang loop unroll(full)") for (size_t i = 0; i < (count); i++)

#define INLINE static inline __attribute__((always_inline))

// One copy of the kernels.
struct kernels {
  void (*multiply)(
    size_t, size_t, size_t, const float *, size_t, const float *, float *, size_t, matrix_output
  );
  void (*softmax)(size_t, size_t, float *, size_t, float);
  void (*layer_norm)(size_t, size_t, float *, const float *, const float *, float);
};

#define LEVEL(name) name##_base
#define LANES 4
#define ROWS 4
#include "kernels.inc"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LEVEL(name) name##_avx2
#define LANES 8
#define ROWS 6
#include "kernels.inc"
#pragma clang attribute pop

#pragma clang attribute push( \
  __attribute__((target("avx512f,avx512dq,avx512vl,fma"))), apply_to = function \
)
#define LEVEL(name) name##_avx512
#define LANES 16
#define ROWS 12
#include "kernels.inc"
#pragma clang attribute pop
#endif

static const struct kernels *kernels_of(matrix_simd level) {
#if defined(__x86_64__)
  if (level == matrix_simd_avx512) return &kernels_avx512;
  if (level == matrix_simd_avx2) return &kernels_avx2;
#endif
  return &kernels_base;
}

static matrix_simd widest(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
      && __builtin_cpu_supports("avx512vl"))
    return matrix_simd_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return matrix_simd_avx2;
#endif
  return matrix_simd_base;
}

// -1 until the first call; two threads that look at once find the same.
static _Atomic int chosen = -1;

matrix_simd matrix_simd_in_use(void) {
  int level = atomic_load_explicit(&chosen, memory_order_relaxed);
  if (level < 0) {
    level = widest();
    atomic_store_explicit(&chosen, level, memory_order_relaxed);
  }
  return level;
}

void matrix_simd_limit(matrix_simd level) {
  const matrix_simd most = widest();
  atomic_store_explicit(&chosen, level < most ? level : most, memory_order_relaxed);
}

size_t matrix_packed_count(size_t k, size_t n) { return (n + PANEL - 1) / PANEL * PANEL * k; }

void matrix_pack(
  size_t k, size_t n, const float *b, size_t row_stride, size_t column_stride, float *packed
) {
  for (size_t j = 0; j < n; j += PANEL) {
    const size_t columns = n - j < PANEL ? n - j : PANEL;
    float *panel = packed + j * k;
    if (columns < PANEL) memset(panel, 0, PANEL * k * sizeof(float));
    // Along the short way through b, so that each of its cache lines is read once.
    if (column_stride == 1) {
      for (size_t p = 0; p < k; p++)
        memcpy(panel + p * PANEL, b + p * row_stride + j, columns * sizeof(float));
    } else {
      for (size_t p = 0; p < k; p += 16)
        for (size_t column = 0; column < columns; column++)
          for (size_t q = p; q < k && q < p + 16; q++)
            panel[q * PANEL + column] = b[q * row_stride + (j + column) * column_stride];
    }
  }
}

void matrix_multiply(
  size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed, float *c,
  size_t ldc, matrix_output output
) {
  kernels_of(matrix_simd_in_use())->multiply(m, n, k, a, lda, packed, c, ldc, output);
}

void matrix_softmax(size_t rows, size_t n, float *x, size_t ldx, float scale) {
  if (n > 0) kernels_of(matrix_simd_in_use())->softmax(rows, n, x, ldx, scale);
}

void matrix_layer_norm(
  size_t rows, size_t n, float *x, const float *scale, const float *shift, float epsilon
) {
  if (n > 0) kernels_of(matrix_simd_in_use())->layer_norm(rows, n, x, scale, shift, epsilon);
}
