/** Vector functions that the instruction set lacks. */

/** Added to what is below 2²² and above -2²², it leaves the nearest whole number in the lower bits. */
const wholeBits: f32 = 12582912

/** Whole numbers, each nearest to one of x, which is below 2²² and above -2²². (Cheaper than instructions that heed all numbers.) */
@inline
export function nearest4(x: v128): v128 {
  return i32x4.sub(f32x4.add(x, f32x4.splat(wholeBits)), i32x4.splat(reinterpret<i32>(wholeBits)))
}

/** e^x to a float's precision: 2^n · e^r with |r| ≤ ln 2 / 2 (Cephes' coefficients). Below -87 it gives 0. */
@inline
export function exp4(x: v128): v128 {
  const clamped = f32x4.min(f32x4.max(x, f32x4.splat(-87.3)), f32x4.splat(88))
  const bits = f32x4.relaxed_madd(clamped, f32x4.splat(1.44269504088896341), f32x4.splat(wholeBits))
  const n = f32x4.sub(bits, f32x4.splat(wholeBits))
  const r = f32x4.relaxed_nmadd(n, f32x4.splat(-2.12194440e-4), f32x4.relaxed_nmadd(n, f32x4.splat(0.693359375), clamped))
  let p = f32x4.splat(1.9875691500e-4)
  p = f32x4.relaxed_madd(p, r, f32x4.splat(1.3981999507e-3))
  p = f32x4.relaxed_madd(p, r, f32x4.splat(8.3334519073e-3))
  p = f32x4.relaxed_madd(p, r, f32x4.splat(4.1665795894e-2))
  p = f32x4.relaxed_madd(p, r, f32x4.splat(1.6666665459e-1))
  p = f32x4.relaxed_madd(p, r, f32x4.splat(5.0000001201e-1))
  p = f32x4.add(f32x4.relaxed_madd(p, f32x4.mul(r, r), r), f32x4.splat(1))
  // Of the bits before n none is left.
  const power = i32x4.add(i32x4.shl(bits, 23), i32x4.splat(127 << 23))
  return v128.and(f32x4.mul(p, power), f32x4.ge(x, f32x4.splat(-87.3)))
}

@inline
export function sum4(x: v128): f32 {
  return (f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1)) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
}

@inline
export function largest4(x: v128): f32 {
  return max(max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)), max(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)))
}

/** The sum of each of four vectors. */
@inline
export function sumEach(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7))
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7))
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7))
}

@inline
export function store8(at: usize, low: v128, high: v128): void {
  v128.store(at, low)
  v128.store(at, high, 16)
}

@inline
export function store16(at: usize, v0: v128, v1: v128, v2: v128, v3: v128): void {
  store8(at, v0, v1)
  store8(at + 32, v2, v3)
}

/** The activation function of each of `count` values, a multiple of eight, in place. @param kind as in the plan */
export function activate(at: usize, count: usize, kind: usize): void {
  for (const end = at + (count << 2); at < end; at += 32) {
    let x = v128.load(at), y = v128.load(at, 16)
    if (kind == 1) x = geluTanh(x), y = geluTanh(y)
    else if (kind == 2) x = gelu(x), y = gelu(y)
    else x = f32x4.max(x, f32x4.splat(0)), y = f32x4.max(y, f32x4.splat(0))
    v128.store(at, x)
    v128.store(at, y, 16)
  }
}

/** x · σ(2u) with u = √(2/π) · (x + 0.044715 x³), which is the tanh form (Hendrycks & Gimpel 2016, section 2). */
@inline
function geluTanh(x: v128): v128 {
  const twice = f32x4.mul(f32x4.mul(x, f32x4.splat(-1.5957691216057308)), f32x4.relaxed_madd(f32x4.mul(x, x), f32x4.splat(0.044715), f32x4.splat(1)))
  return f32x4.div(x, f32x4.add(f32x4.splat(1), exp4(twice)))
}

/** x · Φ(x), the error function by Abramowitz and Stegun 7.1.26: to 1.5 · 10⁻⁷. */
@inline
function gelu(x: v128): v128 {
  const z = f32x4.mul(f32x4.abs(x), f32x4.splat(0.7071067811865476))
  const t = f32x4.div(f32x4.splat(1), f32x4.relaxed_madd(z, f32x4.splat(0.3275911), f32x4.splat(1)))
  let p = f32x4.splat(1.061405429)
  p = f32x4.relaxed_madd(p, t, f32x4.splat(-1.453152027))
  p = f32x4.relaxed_madd(p, t, f32x4.splat(1.421413741))
  p = f32x4.relaxed_madd(p, t, f32x4.splat(-0.284496736))
  p = f32x4.relaxed_madd(p, t, f32x4.splat(0.254829592))
  const tail = f32x4.mul(f32x4.mul(p, t), exp4(f32x4.neg(f32x4.mul(z, z))))
  // 1 - tail is erf |z|; half of it is added to a half with x's sign.
  const half = f32x4.mul(f32x4.sub(f32x4.splat(1), tail), f32x4.splat(0.5))
  const signed = v128.or(half, v128.and(x, i32x4.splat(0x80000000)))
  return f32x4.mul(x, f32x4.add(f32x4.splat(0.5), signed))
}

/** Times this, the bits of a 16-bit float in the place of a 32-bit one's are its value. */
export const halfScale: f32 = 5192296858534827628530496329220096.0

/**
 * A vector that stays in a register while a loop runs. V8 makes a constant anew wherever it is used, in three instructions; what
 * comes from memory it keeps.
 */
@inline
export function kept(at: usize): v128 {
  return v128.load(at)
}

/** For `smallFromHalf`: a sign and the bits of a 16-bit float behind it, three places to the right of a 32-bit one's. */
export const halfBits = memory.data<u32>([0x8fffe000, 0x8fffe000, 0x8fffe000, 0x8fffe000])

/** Four 16-bit floats as 32-bit ones, 2⁻¹¹² times as large. @param bits `halfBits`, kept */
@inline
export function smallFromHalf(at: usize, bits: v128): v128 {
  return v128.and(i32x4.shl(v128.load16x4_s(at), 13), bits)
}

/** The first four of eight 16-bit floats, as `smallFromHalf`. */
@inline
export function lowHalves(eight: v128, bits: v128): v128 {
  return v128.and(i32x4.shl(i32x4.extend_low_i16x8_s(eight), 13), bits)
}

/** The last four. */
@inline
export function highHalves(eight: v128, bits: v128): v128 {
  return v128.and(i32x4.shl(i32x4.extend_high_i16x8_s(eight), 13), bits)
}

/** Whether all four fit into 16 bits. False for what is no number. */
@inline
export function fitsHalf(x: v128): bool {
  return i32x4.all_true(f32x4.le(f32x4.abs(x), f32x4.splat(65504)))
}

/** Stores four floats that fit in 16 bits, rounded; what is below 2⁻¹⁴ becomes 0, so that reading is quick. */
@inline
export function storeHalf(at: usize, x: v128): void {
  const size = v128.and(x, i32x4.splat(0x7fffffff))
  const rounded = i32x4.add(i32x4.add(size, i32x4.splat(0xfff)), v128.and(i32x4.shr_u(size, 13), i32x4.splat(1)))
  const bits = v128.and(i32x4.sub(i32x4.shr_u(rounded, 13), i32x4.splat(112 << 10)), f32x4.ge(size, f32x4.splat(0.00006103515625)))
  const half = v128.or(bits, v128.and(i32x4.shr_u(x, 16), i32x4.splat(0x8000)))
  v128.store64_lane(at, i16x8.narrow_i32x4_u(half, half), 0)
}
