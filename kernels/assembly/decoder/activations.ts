import { largest4, nearest4, sum4 } from './numbers'

/**
 * Rounds a row for products with 8-bit weights: codes i16 [columns] with one scale, so that the largest magnitude is 32,767.
 * What is no number makes the scale none, and with it everything that comes of the row.
 */
export function roundTo16(row: usize, columns: usize, codes: usize, scale: usize): void {
  const end = row + (columns << 2)
  let most = f32x4.splat(0)
  for (let p = row; p < end; p += 16) most = f32x4.max(most, f32x4.abs(v128.load(p)))
  const largest = largest4(most)
  store<f32>(scale, largest / 32767)
  const inverse = f32x4.splat(largest == 0 ? 0 : 32767 / largest)
  for (let p = row; p < end; p += 32) {
    const low = nearest4(f32x4.mul(v128.load(p), inverse))
    const high = nearest4(f32x4.mul(v128.load(p, 16), inverse))
    v128.store(codes, i16x8.narrow_i32x4_s(low, high))
    codes += 16
  }
}

/**
 * Rounds a row for products with 4-bit weights: codes i8 [columns], and for each block a scale, so that its largest magnitude
 * is 127, and the scaled sum of its codes, which is what a zero point of 1 adds.
 */
export function roundTo8(row: usize, columns: usize, block: usize, codes: usize, scales: usize, sums: usize): void {
  const end = row + (columns << 2)
  const ones = i16x8.splat(1)
  while (row < end) {
    const until = row + (block << 2)
    let most = f32x4.splat(0)
    for (let p = row; p < until; p += 16) most = f32x4.max(most, f32x4.abs(v128.load(p)))
    const largest = largest4(most)
    const inverse = f32x4.splat(largest == 0 ? 0 : 127 / largest)
    let sum = i32x4.splat(0)
    for (; row < until; row += 64) {
      const a = i16x8.narrow_i32x4_s(whole(row, 0, inverse), whole(row, 16, inverse))
      const b = i16x8.narrow_i32x4_s(whole(row, 32, inverse), whole(row, 48, inverse))
      v128.store(codes, i8x16.narrow_i16x8_s(a, b))
      sum = i32x4.add(sum, i32x4.dot_i16x8_s(i16x8.add(a, b), ones))
      codes += 16
    }
    const scale = largest / 127
    store<f32>(scales, scale)
    store<f32>(sums, scale * <f32>(i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3)))
    scales += 4
    sums += 4
  }
}

/**
 * Rounds a row for coarse products: codes u8 [columns] from 0 to 127, of every four columns in the order 0, 2, 1, 3 of the weights,
 * and for each block the step between two codes and what code 0 stands for.
 */
export function roundTo7(row: usize, columns: usize, block: usize, codes: usize, scales: usize, lowest: usize): void {
  const end = row + (columns << 2)
  while (row < end) {
    const until = row + (block << 2)
    let least = v128.load(row), most = least
    for (let p = row + 16; p < until; p += 16) {
      const four = v128.load(p)
      least = f32x4.min(least, four)
      most = f32x4.max(most, four)
    }
    const from = -largest4(f32x4.neg(least)), range = largest4(most) - from
    store<f32>(scales, range / 127)
    store<f32>(lowest, from)
    const inverse = f32x4.splat(range == 0 ? 0 : 127 / range), first = f32x4.splat(from)
    for (; row < until; row += 64) {
      const a = i16x8.narrow_i32x4_s(above(row, 0, first, inverse), above(row, 16, first, inverse))
      const b = i16x8.narrow_i32x4_s(above(row, 32, first, inverse), above(row, 48, first, inverse))
      const sixteen = i8x16.narrow_i16x8_u(a, b)
      v128.store(codes, v128.shuffle<i8>(sixteen, sixteen, 0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15))
      codes += 16
    }
    scales += 4
    lowest += 4
  }
}

@inline
function above(row: usize, offset: usize, first: v128, inverse: v128): v128 {
  return nearest4(f32x4.mul(f32x4.sub(v128.load(row + offset), first), inverse))
}

@inline
function whole(row: usize, offset: usize, inverse: v128): v128 {
  return nearest4(f32x4.mul(v128.load(row + offset), inverse))
}

/** Layer normalization of a row (Ba, Kiros & Hinton 2016): (x - mean) / √(variance + ε) · weight + bias. */
export function normalize(row: usize, columns: usize, weight: usize, bias: usize, epsilon: f32, to: usize): void {
  const bytes = columns << 2
  let sums = f32x4.splat(0)
  for (let i: usize = 0; i < bytes; i += 16) sums = f32x4.add(sums, v128.load(row + i))
  const mean = f32x4.splat(sum4(sums) / <f32>columns)
  let squares = f32x4.splat(0)
  for (let i: usize = 0; i < bytes; i += 16) {
    const off = f32x4.sub(v128.load(row + i), mean)
    squares = f32x4.relaxed_madd(off, off, squares)
  }
  const factor = f32x4.splat(1 / sqrt<f32>(sum4(squares) / <f32>columns + epsilon))
  for (let i: usize = 0; i < bytes; i += 16) {
    const off = f32x4.mul(f32x4.sub(v128.load(row + i), mean), factor)
    v128.store(to + i, f32x4.relaxed_madd(off, v128.load(weight + i), v128.load(bias + i)))
  }
}
