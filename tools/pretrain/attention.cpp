// Causal attention, forward and backward, for cores with bf16 matrix tiles (Intel AMX). Head dimension 64.
//
// Everything is computed transposed, keys down and queries across: S^T = K Q^T. A query is then a vector lane, so the
// softmax's maximum, sum and the backward pass's delta need no horizontal reduction, and P^T comes out in the layout
// that the next product reads. A tile product takes A row-major (16 × 32 bf16) and B with pairs of rows interleaved
// (16 pairs × 16 columns); "pairs" below names that layout, as 32-bit words.
//
// Shapes: qkv and its gradient [batch·length, 3·heads·64] bf16; out and its gradient [batch·length, heads·64] bf16;
// lse [batch, heads, length] float32, base-2 logarithm of the softmax's denominator. length is a multiple of 32.

#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "vectors.h"

namespace {

constexpr int kDim = 64;
constexpr float kScale = 0.125f;  // 1/sqrt(64)
constexpr float kLog2e = 1.44269504088896f;

struct alignas(64) TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t bytes[16] = {};
  uint8_t rows[16] = {};
};

// The library under PyTorch remembers which tile configuration it loaded last, so ours must leave no trace.
class TileScope {
 public:
  TileScope() {
    _tile_storeconfig(&before_);
    TileConfig ours;
    for (int i = 0; i < 8; i++) ours.bytes[i] = 64, ours.rows[i] = 16;
    _tile_loadconfig(&ours);
  }
  ~TileScope() { _tile_loadconfig(&before_); }

 private:
  TileConfig before_{};
};

const __m512i kInterleave = [] {
  alignas(64) uint16_t index[32];
  for (int i = 0; i < 16; i++) index[2 * i] = i, index[2 * i + 1] = 16 + i;
  return _mm512_load_si512(index);
}();

// Two rows of 16 floats → 16 words, the even row in the low halves.
inline __m512i pairs(__m512 even, __m512 odd) {
  return _mm512_permutexvar_epi16(kInterleave, (__m512i)_mm512_cvtne2ps_pbh(odd, even));
}

// to[c][r] = from[r][c], 32-bit words, strides in words; rows a multiple of 16.
void transpose(const uint32_t* from, long from_stride, int rows, int columns, uint32_t* to, long to_stride) {
  const __m512i step = _mm512_mullo_epi32(
      _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0), _mm512_set1_epi32((int)from_stride));
  for (int r = 0; r < rows; r += 16)
    for (int c = 0; c < columns; c++)
      _mm512_storeu_si512(to + c * to_stride + r, _mm512_i32gather_epi32(step, from + r * from_stride + c, 4));
}

// bf16 [length][64] with a stride → pairs of rows [length/2][64].
void interleave(const uint16_t* from, long stride, int length, uint32_t* to) {
  for (int r = 0; r < length; r += 2)
    for (int c = 0; c < kDim; c += 16) {
      const __m512i even = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)(from + r * stride + c)));
      const __m512i odd = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)(from + (r + 1) * stride + c)));
      _mm512_storeu_si512(to + (r / 2) * kDim + c, _mm512_or_si512(even, _mm512_slli_epi32(odd, 16)));
    }
}

// C [32][32] float32 = A [32][32·chunks] · B [32·chunks][32]; strides in bytes. Tiles 0-3 hold C.
inline void product(const void* a, long a_stride, const void* b, long b_stride, int chunks, float* c, long c_stride) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  const char *ap = (const char*)a, *bp = (const char*)b;
  for (int i = 0; i < chunks; i++, ap += 64, bp += 16 * b_stride) {
    _tile_loadd(4, ap, a_stride);
    _tile_loadd(5, ap + 16 * a_stride, a_stride);
    _tile_loadd(6, bp, b_stride);
    _tile_loadd(7, bp + 64, b_stride);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, c, c_stride);
  _tile_stored(1, c + 16, c_stride);
  _tile_stored(2, (char*)c + 16 * c_stride, c_stride);
  _tile_stored(3, (char*)c + 16 * c_stride + 64, c_stride);
}

// Keys after the query count for nothing: lane = query, `key` and `query` relative to the same origin.
inline __mmask16 visible(int key, int query) {
  const int first = key - query;
  return first <= 0 ? 0xFFFF : first >= 16 ? 0 : (__mmask16)(0xFFFF << first);
}

// x^T [64][32] float32, each lane times `factor` → bf16 rows [32][64] with a stride.
void store_transposed(const float* x, __m512 factor0, __m512 factor1, uint16_t* to, long stride) {
  alignas(64) uint32_t words[kDim / 2 * 32];
  for (int d = 0; d < kDim; d += 2)
    for (int half = 0; half < 2; half++) {
      const __m512 factor = half ? factor1 : factor0;
      const float* at = x + d * 32 + half * 16;
      _mm512_store_si512(words + d / 2 * 32 + half * 16,
                         pairs(_mm512_mul_ps(_mm512_load_ps(at), factor), _mm512_mul_ps(_mm512_load_ps(at + 32), factor)));
    }
  alignas(64) uint32_t rows[32 * kDim / 2];
  transpose(words, 32, 32, 32, rows, 32);
  for (int q = 0; q < 32; q++) memcpy(to + q * stride, rows + q * 32, 128);
}

template <typename T>
struct Buffer {
  explicit Buffer(size_t count) : raw(count * sizeof(T) + 64) {
    data = (T*)(((uintptr_t)raw.data() + 63) & ~(uintptr_t)63);
  }
  std::vector<char> raw;
  T* data;
};

}  // namespace

extern "C" {

// → 0 when this process may use the tiles.
int attention_start() {
  constexpr int kRequestPermission = 0x1023, kTileData = 18;
  return (int)syscall(SYS_arch_prctl, kRequestPermission, kTileData);
}

void attention_forward(const uint16_t* qkv, uint16_t* out, float* lse, int batch, int length, int heads) {
  TileScope scope;
  const long row = 3L * heads * kDim, out_row = (long)heads * kDim;
  Buffer<uint32_t> qt(32L * length), vp(32L * length), vt(32L * length), p(16L * length);
  Buffer<float> s(32L * length), o(kDim * 32L);
  for (int bh = 0; bh < batch * heads; bh++) {
    const int b = bh / heads, h = bh % heads;
    const uint16_t* q = qkv + (long)b * length * row + h * kDim;
    const uint16_t *k = q + heads * kDim, *v = k + heads * kDim;
    transpose((const uint32_t*)q, row / 2, length, 32, qt.data, length);
    interleave(v, row, length, vp.data);
    transpose(vp.data, kDim, length / 2, kDim, vt.data, length / 2);
    for (int q0 = 0; q0 < length; q0 += 32) {
      const int keys = q0 + 32;
      for (int k0 = 0; k0 < keys; k0 += 32)
        product(k + k0 * row, row * 2, qt.data + q0, length * 4L, 2, s.data + k0 * 32, 128);
      __m512 inverse[2];
      for (int half = 0; half < 2; half++) {
        float* column = s.data + half * 16;
        __m512 top = _mm512_set1_ps(-INFINITY);
        for (int key = 0; key < keys; key++) {
          const __mmask16 seen = visible(key, q0 + half * 16);
          top = _mm512_mask_max_ps(top, seen, top, _mm512_load_ps(column + key * 32));
        }
        const __m512 c = _mm512_set1_ps(kScale * kLog2e), shift = _mm512_mul_ps(top, c);
        __m512 sum = _mm512_setzero_ps();
        for (int key = 0; key < keys; key += 2) {
          __m512 e[2];
          for (int i = 0; i < 2; i++) {
            const __m512 x = _mm512_fmsub_ps(_mm512_load_ps(column + (key + i) * 32), c, shift);
            e[i] = _mm512_maskz_mov_ps(visible(key + i, q0 + half * 16), exp2v(x));
            sum = _mm512_add_ps(sum, e[i]);
          }
          _mm512_store_si512(p.data + key / 2 * 32 + half * 16, pairs(e[0], e[1]));
        }
        inverse[half] = _mm512_div_ps(_mm512_set1_ps(1), sum);
        alignas(64) float sums[16], shifts[16];
        _mm512_store_ps(sums, sum), _mm512_store_ps(shifts, shift);
        for (int i = 0; i < 16; i++) lse[(long)bh * length + q0 + half * 16 + i] = shifts[i] + std::log2(sums[i]);
      }
      for (int d = 0; d < kDim; d += 32)
        product(vt.data + d * (length / 2), length * 2L, p.data, 128, keys / 32, o.data + d * 32, 128);
      store_transposed(o.data, inverse[0], inverse[1], out + ((long)b * length + q0) * out_row + h * kDim, out_row);
    }
  }
}

void attention_backward(const uint16_t* qkv, const uint16_t* out, const uint16_t* dout, const float* lse, uint16_t* dqkv,
                        int batch, int length, int heads) {
  TileScope scope;
  const long row = 3L * heads * kDim, out_row = (long)heads * kDim;
  Buffer<uint32_t> qt(32L * length), dot(32L * length), qp(32L * length), dop(32L * length), kp(32L * length),
      kt(32L * length), dsp((long)length / 2 * length);
  Buffer<uint16_t> p(32L * length), ds(32L * length);
  Buffer<float> s(32 * 32), dp(32 * 32), result(32 * kDim), delta(length);
  const __m512 one = _mm512_set1_ps(1), c = _mm512_set1_ps(kScale * kLog2e), scale = _mm512_set1_ps(kScale);
  for (int bh = 0; bh < batch * heads; bh++) {
    const int b = bh / heads, h = bh % heads;
    const long first = (long)b * length;
    const uint16_t* q = qkv + first * row + h * kDim;
    const uint16_t *k = q + heads * kDim, *v = k + heads * kDim;
    const uint16_t *o = out + first * out_row + h * kDim, *dO = dout + first * out_row + h * kDim;
    uint16_t* dq = dqkv + first * row + h * kDim;
    uint16_t *dk = dq + heads * kDim, *dv = dk + heads * kDim;
    const float* l = lse + (long)bh * length;
    transpose((const uint32_t*)q, row / 2, length, 32, qt.data, length);
    transpose((const uint32_t*)dO, out_row / 2, length, 32, dot.data, length);
    interleave(q, row, length, qp.data);
    interleave(dO, out_row, length, dop.data);
    interleave(k, row, length, kp.data);
    transpose(kp.data, kDim, length / 2, kDim, kt.data, length / 2);
    for (int i = 0; i < length; i++) {
      __m512 sum = _mm512_setzero_ps();
      for (int d = 0; d < kDim; d += 32)
        sum = _mm512_dpbf16_ps(sum, (__m512bh)_mm512_loadu_si512(o + i * out_row + d),
                               (__m512bh)_mm512_loadu_si512(dO + i * out_row + d));
      delta.data[i] = _mm512_reduce_add_ps(sum);
    }
    for (int k0 = 0; k0 < length; k0 += 32) {
      const int queries = length - k0;  // those that see these keys
      for (int q0 = k0; q0 < length; q0 += 32) {
        product(k + k0 * row, row * 2, qt.data + q0, length * 4L, 2, s.data, 128);
        product(v + k0 * row, row * 2, dot.data + q0, length * 4L, 2, dp.data, 128);
        for (int half = 0; half < 2; half++) {
          const int query = q0 + half * 16;
          const __m512 shift = _mm512_loadu_ps(l + query), mean = _mm512_load_ps(delta.data + query);
          for (int key = 0; key < 32; key += 2) {
            __m512 g[2];
            for (int i = 0; i < 2; i++) {
              const int at = (key + i) * 32 + half * 16;
              __m512 e = exp2v(_mm512_fmsub_ps(_mm512_load_ps(s.data + at), c, shift));
              if (q0 == k0) e = _mm512_maskz_mov_ps(visible(k0 + key + i, query), e);
              g[i] = _mm512_mul_ps(_mm512_mul_ps(e, scale), _mm512_sub_ps(_mm512_load_ps(dp.data + at), mean));
              const long to = (long)(key + i) * queries + query - k0;
              store_bf16(p.data + to, e);
              store_bf16(ds.data + to, g[i]);
            }
            _mm512_storeu_si512(dsp.data + (long)(k0 + key) / 2 * length + query, pairs(g[0], g[1]));
          }
        }
      }
      for (int d = 0; d < kDim; d += 32) {
        product(p.data, queries * 2L, dop.data + k0 / 2 * kDim + d, kDim * 4, queries / 32, result.data, 128);
        for (int i = 0; i < 64; i++) store_bf16(dv + (k0 + i / 2) * row + d + i % 2 * 16, _mm512_load_ps(result.data + i * 16));
        product(ds.data, queries * 2L, qp.data + k0 / 2 * kDim + d, kDim * 4, queries / 32, result.data, 128);
        for (int i = 0; i < 64; i++) store_bf16(dk + (k0 + i / 2) * row + d + i % 2 * 16, _mm512_load_ps(result.data + i * 16));
      }
    }
    for (int q0 = 0; q0 < length; q0 += 32) {
      for (int d = 0; d < kDim; d += 32)
        product(kt.data + d * (length / 2), length * 2L, dsp.data + q0, length * 4L, q0 / 32 + 1, result.data + d * 32, 128);
      store_transposed(result.data, one, one, dq + q0 * row, row);
    }
  }
}
}
