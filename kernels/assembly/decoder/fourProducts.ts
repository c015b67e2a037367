import { kept } from './numbers'
import { finish, stepRows } from './rows'

/** The lower four bits of each byte. */
export const fourBits = memory.data<u32>([0x0f0f0f0f, 0x0f0f0f0f, 0x0f0f0f0f, 0x0f0f0f0f])

/** Products of codes below 16 with activations, two added; eight such sums fit into 16 bits. */
@inline
function pairs(codes: v128, x: v128): v128 {
  return i16x8.relaxed_dot_i8x16_i7x16_s(x, codes)
}

/**
 * 16 rows for all tokens. For every eight columns there are four bytes of each row: their lower halves are the first four codes,
 * the upper halves the others. Of a block, the rows' scales are bf16, two in a word (the first eight in the upper halves), and
 * their zero points bytes.
 */
export function fourRows(w: usize, scales: usize, zeros: usize, x: usize, xScales: usize, xSums: usize, n: usize, columns: usize, block: usize, y: usize, yBytes: usize, bias: usize, adds: bool): void {
  const blocks = columns / block
  for (let t: usize = 0; t < n; t++) {
    fourRow(w, scales, zeros, x + t * columns, xScales + ((t * blocks) << 2), xSums + ((t * blocks) << 2), columns, block, y + t * yBytes, bias, adds)
  }
}

@inline
function fourRow(at: usize, scale: usize, zero: usize, a: usize, xScale: usize, xSum: usize, columns: usize, block: usize, y: usize, bias: usize, adds: bool): void {
  const bits = kept(fourBits)
  let y0 = f32x4.splat(0), y1 = y0, y2 = y0, y3 = y0
  for (const end = at + columns * 8; at < end; ) {
    let s0 = i16x8.splat(0), s1 = s0, s2 = s0, s3 = s0
    for (let i: usize = 0; i < 4; i++) {
      const first = v128.load32_splat(a), second = v128.load32_splat(a, 4)
      s0 = fourDots(s0, v128.load(at), bits, first, second)
      s1 = fourDots(s1, v128.load(at, 16), bits, first, second)
      s2 = fourDots(s2, v128.load(at, 32), bits, first, second)
      s3 = fourDots(s3, v128.load(at, 48), bits, first, second)
      a += 8
      at += 64
    }
    const zeroCodes = v128.load(zero)
    const low = i16x8.extend_low_i8x16_u(zeroCodes), high = i16x8.extend_high_i8x16_u(zeroCodes)
    const by = v128.load32_splat(xScale), sum = v128.load32_splat(xSum)
    const both0 = v128.load(scale), both1 = v128.load(scale, 16), upper = i32x4.splat(0xffff0000)
    y0 = fourScaled(y0, s0, by, i32x4.extend_low_i16x8_u(low), sum, v128.and(both0, upper))
    y1 = fourScaled(y1, s1, by, i32x4.extend_high_i16x8_u(low), sum, v128.and(both1, upper))
    y2 = fourScaled(y2, s2, by, i32x4.extend_low_i16x8_u(high), sum, i32x4.shl(both0, 16))
    y3 = fourScaled(y3, s3, by, i32x4.extend_high_i16x8_u(high), sum, i32x4.shl(both1, 16))
    scale += 32
    zero += 16
    xScale += 4
    xSum += 4
  }
  finish(y, y0, y1, y2, y3, bias, adds)
}

/** Adds the products of four rows' codes with eight activations. @param bits `fourBits`, kept */
@inline
export function fourDots(sum: v128, codes: v128, bits: v128, first: v128, second: v128): v128 {
  return i16x8.add(sum, i16x8.add(pairs(v128.and(codes, bits), first), pairs(v128.and(i16x8.shr_u(codes, 4), bits), second)))
}

/** Adds a block: (products · activations' scale - zero point · their sum) · weights' scale. */
@inline
function fourScaled(y: v128, products: v128, by: v128, zero: v128, sum: v128, scale: v128): v128 {
  const scaledProducts = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extadd_pairwise_i16x8_s(products)), by)
  return f32x4.relaxed_madd(f32x4.relaxed_nmadd(f32x4.convert_i32x4_s(zero), sum, scaledProducts), scale, y)
}
