import { packStrip } from './pack'

/**
 * What happens to a product before it is stored: nothing, the leaky rectifier, or multiplication by the leaky
 * rectifier's slope at a tensor of the product's own shape (the derivative, in back-propagation).
 */
const LEAKY: i32 = 1
const SLOPE: i32 = 2

/**
 * C[m, n] = finish(A[m, k] · B[k, n] + bias[n]); C, bias and `slopeOf` are row-major and dense, A and B are read through
 * strides (in elements), so a transposed operand costs nothing. One of B's strides must be 1.
 *
 * B is packed, eight columns at a time, into `strip` (k × 8 floats: it stays in the first-level cache); four rows of A
 * at a time are multiplied with it, 32 sums in registers. What is left over at the edges takes the same path one row at
 * a time, its columns cut when they are stored.
 *
 * @param bias 0 for none  @param slopeOf read when finish is SLOPE  @param strip at least 32 · k + 32 bytes, 16-aligned
 */
export function matmul(
  m: usize, n: usize, k: usize,
  a: usize, aRow: usize, aColumn: usize,
  b: usize, bRow: usize, bColumn: usize,
  c: usize, bias: usize, finish: i32, slopeOf: usize, alpha: f32, strip: usize,
): void {
  const rowBytes = n << 2
  const spill = strip + (k << 5)
  for (let column: usize = 0; column < n; column += 8) {
    const width = min<usize>(8, n - column)
    packStrip(b, bRow, bColumn, k, column, width, strip)
    let bias0 = f32x4.splat(0)
    let bias1 = bias0
    if (bias) {
      if (width == 8) {
        bias0 = v128.load(bias + (column << 2))
        bias1 = v128.load(bias + (column << 2), 16)
      } else {
        copyFloats(spill, bias + (column << 2), width)
        bias0 = v128.load(spill)
        bias1 = v128.load(spill, 16)
      }
    }
    let row: usize = 0
    if (width == 8) {
      for (; row + 4 <= m; row += 4) {
        const at = row * rowBytes + (column << 2)
        fourRows(a + ((row * aRow) << 2), aRow << 2, aColumn << 2, k, strip, bias0, bias1, c + at, rowBytes, finish, slopeOf + at, alpha)
      }
    }
    for (; row < m; row++) {
      const at = row * rowBytes + (column << 2)
      oneRow(a + ((row * aRow) << 2), aColumn << 2, k, strip, bias0, bias1, c + at, width, finish, slopeOf + at, alpha, spill)
    }
  }
}

// @ts-ignore: decorator
@inline
function activate(sum: v128, finish: i32, slopeOf: usize, alpha: v128): v128 {
  if (finish == LEAKY) return f32x4.pmax(sum, f32x4.mul(sum, alpha))
  if (finish == SLOPE) return f32x4.mul(sum, v128.bitselect(f32x4.splat(1), alpha, f32x4.gt(v128.load(slopeOf), f32x4.splat(0))))
  return sum
}

function fourRows(
  a: usize, aRow: usize, aColumn: usize, k: usize, strip: usize, bias0: v128, bias1: v128,
  c: usize, rowBytes: usize, finish: i32, slopeOf: usize, alpha: f32,
): void {
  let a0 = a
  let a1 = a0 + aRow
  let a2 = a1 + aRow
  let a3 = a2 + aRow
  let p = strip
  const end = strip + (k << 5)
  let c00 = bias0, c01 = bias1, c10 = bias0, c11 = bias1, c20 = bias0, c21 = bias1, c30 = bias0, c31 = bias1
  if (aRow == 4) {
    // Columns of A are contiguous: one pointer serves all four rows.
    while (p < end) {
      const b0 = v128.load(p), b1 = v128.load(p, 16)
      let s = v128.load32_splat(a0); c00 = f32x4.add(c00, f32x4.mul(s, b0)); c01 = f32x4.add(c01, f32x4.mul(s, b1))
      s = v128.load32_splat(a0, 4); c10 = f32x4.add(c10, f32x4.mul(s, b0)); c11 = f32x4.add(c11, f32x4.mul(s, b1))
      s = v128.load32_splat(a0, 8); c20 = f32x4.add(c20, f32x4.mul(s, b0)); c21 = f32x4.add(c21, f32x4.mul(s, b1))
      s = v128.load32_splat(a0, 12); c30 = f32x4.add(c30, f32x4.mul(s, b0)); c31 = f32x4.add(c31, f32x4.mul(s, b1))
      a0 += aColumn
      p += 32
    }
  }
  while (p < end) {
    const b0 = v128.load(p), b1 = v128.load(p, 16)
    let s = v128.load32_splat(a0); c00 = f32x4.add(c00, f32x4.mul(s, b0)); c01 = f32x4.add(c01, f32x4.mul(s, b1))
    s = v128.load32_splat(a1); c10 = f32x4.add(c10, f32x4.mul(s, b0)); c11 = f32x4.add(c11, f32x4.mul(s, b1))
    s = v128.load32_splat(a2); c20 = f32x4.add(c20, f32x4.mul(s, b0)); c21 = f32x4.add(c21, f32x4.mul(s, b1))
    s = v128.load32_splat(a3); c30 = f32x4.add(c30, f32x4.mul(s, b0)); c31 = f32x4.add(c31, f32x4.mul(s, b1))
    p += 32
    a0 += aColumn
    a1 += aColumn
    a2 += aColumn
    a3 += aColumn
  }
  const slope = f32x4.splat(alpha)
  v128.store(c, activate(c00, finish, slopeOf, slope))
  v128.store(c, activate(c01, finish, slopeOf + 16, slope), 16)
  c += rowBytes
  slopeOf += rowBytes
  v128.store(c, activate(c10, finish, slopeOf, slope))
  v128.store(c, activate(c11, finish, slopeOf + 16, slope), 16)
  c += rowBytes
  slopeOf += rowBytes
  v128.store(c, activate(c20, finish, slopeOf, slope))
  v128.store(c, activate(c21, finish, slopeOf + 16, slope), 16)
  c += rowBytes
  slopeOf += rowBytes
  v128.store(c, activate(c30, finish, slopeOf, slope))
  v128.store(c, activate(c31, finish, slopeOf + 16, slope), 16)
}

/** One row, `width` of eight columns. */
function oneRow(
  a: usize, aColumn: usize, k: usize, strip: usize, bias0: v128, bias1: v128,
  c: usize, width: usize, finish: i32, slopeOf: usize, alpha: f32, spill: usize,
): void {
  let c0 = bias0
  let c1 = bias1
  let p = strip
  const end = strip + (k << 5)
  while (p < end) {
    const s = v128.load32_splat(a)
    c0 = f32x4.add(c0, f32x4.mul(s, v128.load(p)))
    c1 = f32x4.add(c1, f32x4.mul(s, v128.load(p, 16)))
    p += 32
    a += aColumn
  }
  const slope = f32x4.splat(alpha)
  if (width == 8) {
    v128.store(c, activate(c0, finish, slopeOf, slope))
    v128.store(c, activate(c1, finish, slopeOf + 16, slope), 16)
    return
  }
  if (finish == SLOPE) {
    // Past the row's end there may be no memory to read slopes from.
    v128.store(spill, c0)
    v128.store(spill, c1, 16)
    for (let i: usize = 0; i < width; i++) {
      const sum = load<f32>(spill + (i << 2))
      store<f32>(c + (i << 2), load<f32>(slopeOf + (i << 2)) > 0 ? sum : sum * alpha)
    }
    return
  }
  v128.store(spill, activate(c0, finish, slopeOf, slope))
  v128.store(spill, activate(c1, finish, slopeOf, slope), 16)
  copyFloats(c, spill, width)
}

function copyFloats(to: usize, from: usize, count: usize): void {
  for (let i: usize = 0; i < count; i++) store<f32>(to + (i << 2), load<f32>(from + (i << 2)))
}
