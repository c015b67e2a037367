// The two element-wise pieces that cost as much as a matrix product when they are compiled generically: the softmax of
// the logits and GELU. Arrays are bf16, arithmetic is float32, counts are multiples of 16.

#include <cmath>
#include <vector>

#include "vectors.h"

namespace {

constexpr float kLog2e = 1.44269504088896f;

// GELU by its tanh approximation is x · sigmoid(2u) with u = sqrt(2/pi) (x + 0.044715 x³)  (Hendrycks & Gimpel 2016).
constexpr float kRoot = 0.7978845608f, kCubic = 0.044715f;

inline __m512 gate(__m512 x, __m512 square) {
  const __m512 u = _mm512_mul_ps(x, _mm512_fmadd_ps(square, _mm512_set1_ps(kRoot * kCubic), _mm512_set1_ps(kRoot)));
  const __m512 e = exp2v(_mm512_mul_ps(u, _mm512_set1_ps(-2 * kLog2e)));
  return _mm512_rcp14_ps(_mm512_add_ps(_mm512_set1_ps(1), e));
}

}  // namespace

extern "C" {

// logits [rows, vocabulary] become scale × d(loss)/d(logits); → the summed loss. target [rows].
double softmax_gradient(uint16_t* logits, const int64_t* target, float scale, int rows, int vocabulary) {
  std::vector<float> held(vocabulary);
  float* e = held.data();
  double loss = 0;
  for (int r = 0; r < rows; r++, logits += vocabulary) {
    __m512 top = _mm512_set1_ps(-INFINITY);
    for (int i = 0; i < vocabulary; i += 16) top = _mm512_max_ps(top, load_bf16(logits + i));
    const float maximum = _mm512_reduce_max_ps(top);
    const __m512 c = _mm512_set1_ps(kLog2e), shift = _mm512_set1_ps(maximum * kLog2e);
    __m512 sum = _mm512_setzero_ps();
    for (int i = 0; i < vocabulary; i += 16) {
      const __m512 x = exp2v(_mm512_fmsub_ps(load_bf16(logits + i), c, shift));
      _mm512_storeu_ps(e + i, x);
      sum = _mm512_add_ps(sum, x);
    }
    const float total = _mm512_reduce_add_ps(sum);
    const int hit = (int)target[r];
    const float logit = _mm_cvtss_f32((__m128)_mm_cvtsi32_si128((int)logits[hit] << 16));
    loss += std::log((double)total) + maximum - logit;
    e[hit] -= total;
    const __m512 factor = _mm512_set1_ps(scale / total);
    for (int i = 0; i < vocabulary; i += 16) store_bf16(logits + i, _mm512_mul_ps(_mm512_loadu_ps(e + i), factor));
  }
  return loss;
}

void gelu_forward(const uint16_t* x, uint16_t* y, long count) {
  for (long i = 0; i < count; i += 16) {
    const __m512 v = load_bf16(x + i);
    store_bf16(y + i, _mm512_mul_ps(v, gate(v, _mm512_mul_ps(v, v))));
  }
}

void gelu_backward(const uint16_t* x, const uint16_t* dy, uint16_t* dx, long count) {
  const __m512 one = _mm512_set1_ps(1);
  for (long i = 0; i < count; i += 16) {
    const __m512 v = load_bf16(x + i), square = _mm512_mul_ps(v, v), s = gate(v, square);
    const __m512 slope = _mm512_fmadd_ps(square, _mm512_set1_ps(6 * kRoot * kCubic), _mm512_set1_ps(2 * kRoot));
    const __m512 bend = _mm512_mul_ps(_mm512_mul_ps(v, slope), _mm512_sub_ps(one, s));
    store_bf16(dx + i, _mm512_mul_ps(load_bf16(dy + i), _mm512_mul_ps(s, _mm512_add_ps(one, bend))));
  }
}
}
