import { packStrip, stripWidth } from './pack'

/**
 * What happens to a product before it is stored: nothing, the leaky rectifier, or multiplication by the leaky
 * rectifier's slope at a tensor of the product's own shape (the derivative, in back-propagation).
 */
const LEAKY: i32 = 1
const SLOPE: i32 = 2

/** Bytes of a row of the strip, and of each of the three rows that lie behind it. */
const stripBytes: usize = stripWidth << 2

/**
 * C[m, n] = finish(A[m, k] · B[k, n] + bias[n]). A, C, bias and `slopeOf` are row-major and dense; B is read through
 * strides (in elements), one of which must be 1, so that it may be transposed.
 *
 * B is packed, sixteen columns at a time, into `strip`; two rows of A at a time are multiplied with it, 32 sums in
 * registers. Two by sixteen, not four by eight: the number of instructions is the limit, and the fewer rows, the fewer
 * addresses there are to count up. At the right edge columns are cut when they are stored.
 *
 * @param bias 0 for none  @param slopeOf read when finish is SLOPE  @param strip at least 64 · (k + 3) bytes, 16-aligned
 */
export function matmul(
  m: usize, n: usize, k: usize,
  a: usize, b: usize, bRow: usize, bColumn: usize, c: usize,
  bias: usize, finish: i32, slopeOf: usize, alpha: f32, strip: usize,
): void {
  const rowBytes = n << 2
  const start = strip + k * stripBytes
  const cut = start + stripBytes
  for (let column: usize = 0; column < n; column += stripWidth) {
    const width = min<usize>(stripWidth, n - column)
    const columnBytes = column << 2
    packStrip(b, bRow, bColumn, k, column, width, strip)
    memory.fill(start, 0, stripBytes)
    if (bias) copyFloats(start, bias + columnBytes, width)
    for (let row: usize = 0; row < m; row += 2) {
      const at = row * rowBytes + columnBytes
      // Without a second row the first one is computed twice.
      const second = row + 1 < m
      twoRows(a + ((row * k) << 2), second ? k << 2 : 0, strip, start, c + at, second ? rowBytes : 0, width, finish, slopeOf + at, alpha, cut)
    }
  }
}

/** a · b + c; rounded once where the engine knows relaxed SIMD and the processor such an instruction. */
// @ts-ignore: decorator
@inline
function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c)
}

function twoRows(
  a: usize, aRow: usize, strip: usize, start: usize,
  c: usize, rowBytes: usize, width: usize, finish: i32, slopeOf: usize, alpha: f32, cut: usize,
): void {
  let c00 = v128.load(start), c01 = v128.load(start, 16), c02 = v128.load(start, 32), c03 = v128.load(start, 48)
  let c10 = c00, c11 = c01, c12 = c02, c13 = c03
  let a0 = a
  let a1 = a + aRow
  let p = strip
  // Twice the same step with a way out between: half as often the engine's check for interrupts. Without the way out its
  // compiler moves all loads to the front and runs out of registers.
  while (true) {
    let b0 = v128.load(p), b1 = v128.load(p, 16), b2 = v128.load(p, 32), b3 = v128.load(p, 48)
    let s0 = v128.load32_splat(a0), s1 = v128.load32_splat(a1)
    c00 = multiplyAdd(s0, b0, c00); c01 = multiplyAdd(s0, b1, c01); c02 = multiplyAdd(s0, b2, c02); c03 = multiplyAdd(s0, b3, c03)
    c10 = multiplyAdd(s1, b0, c10); c11 = multiplyAdd(s1, b1, c11); c12 = multiplyAdd(s1, b2, c12); c13 = multiplyAdd(s1, b3, c13)
    if (p + stripBytes >= start) break
    b0 = v128.load(p, 64); b1 = v128.load(p, 80); b2 = v128.load(p, 96); b3 = v128.load(p, 112)
    s0 = v128.load32_splat(a0, 4); s1 = v128.load32_splat(a1, 4)
    c00 = multiplyAdd(s0, b0, c00); c01 = multiplyAdd(s0, b1, c01); c02 = multiplyAdd(s0, b2, c02); c03 = multiplyAdd(s0, b3, c03)
    c10 = multiplyAdd(s1, b0, c10); c11 = multiplyAdd(s1, b1, c11); c12 = multiplyAdd(s1, b2, c12); c13 = multiplyAdd(s1, b3, c13)
    a0 += 8
    a1 += 8
    p += 2 * stripBytes
    if (p >= start) break
  }
  storeRow(c00, c01, c02, c03, c, width, finish, slopeOf, alpha, cut)
  storeRow(c10, c11, c12, c13, c + rowBytes, width, finish, slopeOf + rowBytes, alpha, cut)
}

// @ts-ignore: decorator
@inline
function storeRow(s0: v128, s1: v128, s2: v128, s3: v128, c: usize, width: usize, finish: i32, slopeOf: usize, alpha: f32, cut: usize): void {
  if (width == stripWidth) return storeWhole(s0, s1, s2, s3, c, finish, slopeOf, alpha)
  // Past the row's end there may be no memory to read slopes from.
  const slopes = cut + stripBytes
  if (finish == SLOPE) copyFloats(slopes, slopeOf, width)
  storeWhole(s0, s1, s2, s3, cut, finish, slopes, alpha)
  copyFloats(c, cut, width)
}

function storeWhole(s0: v128, s1: v128, s2: v128, s3: v128, c: usize, finish: i32, slopeOf: usize, alpha: f32): void {
  const slope = f32x4.splat(alpha)
  v128.store(c, activate(s0, finish, slopeOf, slope))
  v128.store(c, activate(s1, finish, slopeOf + 16, slope), 16)
  v128.store(c, activate(s2, finish, slopeOf + 32, slope), 32)
  v128.store(c, activate(s3, finish, slopeOf + 48, slope), 48)
}

// @ts-ignore: decorator
@inline
function activate(sum: v128, finish: i32, slopeOf: usize, alpha: v128): v128 {
  if (finish == LEAKY) return f32x4.pmax(sum, f32x4.mul(sum, alpha))
  if (finish == SLOPE) return f32x4.mul(sum, v128.bitselect(f32x4.splat(1), alpha, f32x4.gt(v128.load(slopeOf), f32x4.splat(0))))
  return sum
}

function copyFloats(to: usize, from: usize, count: usize): void {
  for (let i: usize = 0; i < count; i++) store<f32>(to + (i << 2), load<f32>(from + (i << 2)))
}
