import { halfBits, kept, smallFromHalf, store16 } from './numbers'

/**
 * Attention of many queries to one head, as products of matrices. Keys and values are spread out for it in 32 bits, in blocks of
 * 16 that vectors read one behind the other: keys [rows / 16, dim, 16], values [dim / 16, rows, 16].
 */

/** Rows of keys, and dimensions of values, that stand side by side. */
export const spreadColumns: usize = 16

/** Rows, filled up to whole blocks. */
@inline
export function fullRows(rows: usize): usize {
  return rows + spreadColumns - 1 & ~(spreadColumns - 1)
}

/** @param keys f16 [rows, dim], and whatever stands behind the last up to a multiple of four; dim a multiple of 4 */
export function spreadKeys(keys: usize, dim: usize, rows: usize, to: usize): void {
  const bits = kept(halfBits)
  const rowBytes = dim << 1
  for (let row: usize = 0; row < rows; row += 4) {
    let at = to + (((row & ~(spreadColumns - 1)) * dim + (row & (spreadColumns - 1))) << 2)
    const a = keys + row * rowBytes, b = a + rowBytes, c = b + rowBytes, d = c + rowBytes
    for (let i: usize = 0; i < rowBytes; i += 8) {
      const va = smallFromHalf(a + i, bits), vb = smallFromHalf(b + i, bits), vc = smallFromHalf(c + i, bits), vd = smallFromHalf(d + i, bits)
      const ab = v128.shuffle<f32>(va, vb, 0, 4, 1, 5), cd = v128.shuffle<f32>(vc, vd, 0, 4, 1, 5)
      v128.store(at, v128.shuffle<f64>(ab, cd, 0, 2))
      v128.store(at, v128.shuffle<f64>(ab, cd, 1, 3), 64)
      const ba = v128.shuffle<f32>(va, vb, 2, 6, 3, 7), dc = v128.shuffle<f32>(vc, vd, 2, 6, 3, 7)
      v128.store(at, v128.shuffle<f64>(ba, dc, 0, 2), 128)
      v128.store(at, v128.shuffle<f64>(ba, dc, 1, 3), 192)
      at += 256
    }
  }
}

/** @param values f16 [rows, dim], dim a multiple of 16 */
export function spreadOut(values: usize, dim: usize, rows: usize, to: usize): void {
  const bits = kept(halfBits)
  const rowBytes = dim << 1
  for (let i: usize = 0; i < rowBytes; i += spreadColumns << 1) {
    let v = values + i
    for (const end = v + rows * rowBytes; v < end; v += rowBytes) {
      const v0 = smallFromHalf(v, bits), v1 = smallFromHalf(v + 8, bits), v2 = smallFromHalf(v + 16, bits), v3 = smallFromHalf(v + 24, bits)
      store16(to, v0, v1, v2, v3)
      to += 64
    }
  }
}

/**
 * q·k of four queries.
 * @param scores f32 [4, fullRows(rows)], `scoreBytes` apart; those behind the last row are anything
 */
export function compareSpread(queries: usize, keys: usize, dim: usize, rows: usize, scores: usize, scoreBytes: usize): void {
  const queryBytes = dim << 2
  const second = scores + scoreBytes, third = second + scoreBytes, fourth = third + scoreBytes
  let k = keys
  for (let at: usize = 0; at < rows << 2; at += spreadColumns << 2) {
    let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0
    let b0 = a0, b1 = a0, b2 = a0, b3 = a0
    let c0 = a0, c1 = a0, c2 = a0, c3 = a0
    let d0 = a0, d1 = a0, d2 = a0, d3 = a0
    let qa = queries, qb = qa + queryBytes, qc = qb + queryBytes, qd = qc + queryBytes
    for (const end = qa + queryBytes; qa < end; qa += 4) {
      const k0 = v128.load(k), k1 = v128.load(k, 16), k2 = v128.load(k, 32), k3 = v128.load(k, 48)
      let q = v128.load32_splat(qa)
      a0 = f32x4.relaxed_madd(k0, q, a0), a1 = f32x4.relaxed_madd(k1, q, a1), a2 = f32x4.relaxed_madd(k2, q, a2), a3 = f32x4.relaxed_madd(k3, q, a3)
      q = v128.load32_splat(qb)
      b0 = f32x4.relaxed_madd(k0, q, b0), b1 = f32x4.relaxed_madd(k1, q, b1), b2 = f32x4.relaxed_madd(k2, q, b2), b3 = f32x4.relaxed_madd(k3, q, b3)
      q = v128.load32_splat(qc)
      c0 = f32x4.relaxed_madd(k0, q, c0), c1 = f32x4.relaxed_madd(k1, q, c1), c2 = f32x4.relaxed_madd(k2, q, c2), c3 = f32x4.relaxed_madd(k3, q, c3)
      q = v128.load32_splat(qd)
      d0 = f32x4.relaxed_madd(k0, q, d0), d1 = f32x4.relaxed_madd(k1, q, d1), d2 = f32x4.relaxed_madd(k2, q, d2), d3 = f32x4.relaxed_madd(k3, q, d3)
      k += 64
      qb += 4
      qc += 4
      qd += 4
    }
    store16(scores + at, a0, a1, a2, a3)
    store16(second + at, b0, b1, b2, b3)
    store16(third + at, c0, c1, c2, c3)
    store16(fourth + at, d0, d1, d2, d3)
  }
}

/**
 * y = factor · Σ score · value, over the rows, of the first `count` of four queries.
 * @param held rows that values has
 * @param factors one for each query
 * @param y rows `yBytes` apart
 */
export function mixSpread(scores: usize, scoreBytes: usize, values: usize, dim: usize, held: usize, rows: usize, factors: v128, y: usize, yBytes: usize, count: usize): void {
  const fa = v128.shuffle<f32>(factors, factors, 0, 0, 0, 0), fb = v128.shuffle<f32>(factors, factors, 1, 1, 1, 1)
  const fc = v128.shuffle<f32>(factors, factors, 2, 2, 2, 2), fd = v128.shuffle<f32>(factors, factors, 3, 3, 3, 3)
  for (let i: usize = 0; i < dim; i += spreadColumns) {
    let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0
    let b0 = a0, b1 = a0, b2 = a0, b3 = a0
    let c0 = a0, c1 = a0, c2 = a0, c3 = a0
    let d0 = a0, d1 = a0, d2 = a0, d3 = a0
    let v = values + i * held * 4
    let a = scores, b = a + scoreBytes, c = b + scoreBytes, d = c + scoreBytes
    for (const end = a + (rows << 2); a < end; a += 4) {
      const v0 = v128.load(v), v1 = v128.load(v, 16), v2 = v128.load(v, 32), v3 = v128.load(v, 48)
      let weight = v128.load32_splat(a)
      a0 = f32x4.relaxed_madd(v0, weight, a0), a1 = f32x4.relaxed_madd(v1, weight, a1), a2 = f32x4.relaxed_madd(v2, weight, a2), a3 = f32x4.relaxed_madd(v3, weight, a3)
      weight = v128.load32_splat(b)
      b0 = f32x4.relaxed_madd(v0, weight, b0), b1 = f32x4.relaxed_madd(v1, weight, b1), b2 = f32x4.relaxed_madd(v2, weight, b2), b3 = f32x4.relaxed_madd(v3, weight, b3)
      weight = v128.load32_splat(c)
      c0 = f32x4.relaxed_madd(v0, weight, c0), c1 = f32x4.relaxed_madd(v1, weight, c1), c2 = f32x4.relaxed_madd(v2, weight, c2), c3 = f32x4.relaxed_madd(v3, weight, c3)
      weight = v128.load32_splat(d)
      d0 = f32x4.relaxed_madd(v0, weight, d0), d1 = f32x4.relaxed_madd(v1, weight, d1), d2 = f32x4.relaxed_madd(v2, weight, d2), d3 = f32x4.relaxed_madd(v3, weight, d3)
      v += 64
      b += 4
      c += 4
      d += 4
    }
    const to = y + (i << 2)
    store16(to, f32x4.mul(a0, fa), f32x4.mul(a1, fa), f32x4.mul(a2, fa), f32x4.mul(a3, fa))
    if (count > 1) store16(to + yBytes, f32x4.mul(b0, fb), f32x4.mul(b1, fb), f32x4.mul(b2, fb), f32x4.mul(b3, fb))
    if (count > 2) store16(to + yBytes * 2, f32x4.mul(c0, fc), f32x4.mul(c1, fc), f32x4.mul(c2, fc), f32x4.mul(c3, fc))
    if (count > 3) store16(to + yBytes * 3, f32x4.mul(d0, fd), f32x4.mul(d1, fd), f32x4.mul(d2, fd), f32x4.mul(d3, fd))
  }
}
