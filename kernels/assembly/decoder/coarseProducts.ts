import { kept, store16 } from './numbers'
import { clearSums, finish, stepRows } from './rows'

/** Eight times 1 in 16 bits. */
const eightOnes = memory.data<u32>([0x00010001, 0x00010001, 0x00010001, 0x00010001])

/**
 * Adds the products of four rows' weights with four activations of 7 bits. (The instruction that does it all makes the ones anew
 * each time.)
 * @param ones `eightOnes`, kept
 */
@inline
function dot(sum: v128, w: v128, x: v128, ones: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(w, x), ones))
}

/** 16 rows for all tokens. */
export function coarseRows(w: usize, scales: usize, x: usize, xScales: usize, xLowest: usize, n: usize, columns: usize, block: usize, y: usize, yBytes: usize, bias: usize, adds: bool, room: usize): void {
  const sums = room + 256
  sumWeights(w, scales, columns, block, sums)
  const blocksBytes = (columns / block) << 2
  let t: usize = 0
  for (; t + 4 <= n; t += 4) {
    clearSums(room, 4)
    coarse4(w, scales, sums, x, xScales, xLowest, columns, block, blocksBytes, room)
    for (let token: usize = 0; token < 4; token++) {
      const sum = room + (token << 6)
      finish(y, v128.load(sum), v128.load(sum, 16), v128.load(sum, 32), v128.load(sum, 48), bias, adds)
      y += yBytes
    }
    x += columns << 2
    xScales += blocksBytes << 2
    xLowest += blocksBytes << 2
  }
  for (; t < n; t++) {
    coarse1(w, scales, sums, x, xScales, xLowest, columns, block, y, bias, adds)
    y += yBytes
    x += columns
    xScales += blocksBytes
    xLowest += blocksBytes
  }
}

/** Of each block the sum of each row's weights: what activations that are all 1 would give. */
function sumWeights(w: usize, scales: usize, columns: usize, block: usize, sums: usize): void {
  const ones = kept(eightOnes), every = i8x16.splat(1)
  for (const end = w + columns * stepRows; w < end; ) {
    let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0
    for (const blockEnd = w + block * stepRows; w < blockEnd; w += 64) {
      s0 = dot(s0, v128.load(w), every, ones), s1 = dot(s1, v128.load(w, 16), every, ones), s2 = dot(s2, v128.load(w, 32), every, ones), s3 = dot(s3, v128.load(w, 48), every, ones)
    }
    s0 = f32x4.mul(f32x4.convert_i32x4_s(s0), v128.load(scales))
    s1 = f32x4.mul(f32x4.convert_i32x4_s(s1), v128.load(scales, 16))
    s2 = f32x4.mul(f32x4.convert_i32x4_s(s2), v128.load(scales, 32))
    s3 = f32x4.mul(f32x4.convert_i32x4_s(s3), v128.load(scales, 48))
    store16(sums, s0, s1, s2, s3)
    scales += 64
    sums += 64
  }
}

/** Adds to four tokens' sums at `room`. */
function coarse4(w: usize, scales: usize, sums: usize, x: usize, xScales: usize, xLowest: usize, columns: usize, block: usize, blocksBytes: usize, room: usize): void {
  const ones = kept(eightOnes)
  let a = x, b = a + columns, c = b + columns, d = c + columns
  for (const end = w + columns * stepRows; w < end; ) {
    let i0 = i32x4.splat(0), i1 = i0, i2 = i0, i3 = i0
    let j0 = i0, j1 = i0, j2 = i0, j3 = i0
    let k0 = i0, k1 = i0, k2 = i0, k3 = i0
    let l0 = i0, l1 = i0, l2 = i0, l3 = i0
    for (const blockEnd = w + block * stepRows; w < blockEnd; w += 128) {
      let w0 = v128.load(w), w1 = v128.load(w, 16), w2 = v128.load(w, 32), w3 = v128.load(w, 48)
      let codes = v128.load32_splat(a)
      i0 = dot(i0, w0, codes, ones), i1 = dot(i1, w1, codes, ones), i2 = dot(i2, w2, codes, ones), i3 = dot(i3, w3, codes, ones)
      codes = v128.load32_splat(b)
      j0 = dot(j0, w0, codes, ones), j1 = dot(j1, w1, codes, ones), j2 = dot(j2, w2, codes, ones), j3 = dot(j3, w3, codes, ones)
      codes = v128.load32_splat(c)
      k0 = dot(k0, w0, codes, ones), k1 = dot(k1, w1, codes, ones), k2 = dot(k2, w2, codes, ones), k3 = dot(k3, w3, codes, ones)
      codes = v128.load32_splat(d)
      l0 = dot(l0, w0, codes, ones), l1 = dot(l1, w1, codes, ones), l2 = dot(l2, w2, codes, ones), l3 = dot(l3, w3, codes, ones)
      w0 = v128.load(w, 64), w1 = v128.load(w, 80), w2 = v128.load(w, 96), w3 = v128.load(w, 112)
      codes = v128.load32_splat(a, 4)
      i0 = dot(i0, w0, codes, ones), i1 = dot(i1, w1, codes, ones), i2 = dot(i2, w2, codes, ones), i3 = dot(i3, w3, codes, ones)
      codes = v128.load32_splat(b, 4)
      j0 = dot(j0, w0, codes, ones), j1 = dot(j1, w1, codes, ones), j2 = dot(j2, w2, codes, ones), j3 = dot(j3, w3, codes, ones)
      codes = v128.load32_splat(c, 4)
      k0 = dot(k0, w0, codes, ones), k1 = dot(k1, w1, codes, ones), k2 = dot(k2, w2, codes, ones), k3 = dot(k3, w3, codes, ones)
      codes = v128.load32_splat(d, 4)
      l0 = dot(l0, w0, codes, ones), l1 = dot(l1, w1, codes, ones), l2 = dot(l2, w2, codes, ones), l3 = dot(l3, w3, codes, ones)
      a += 8
      b += 8
      c += 8
      d += 8
    }
    scaled(room, i0, i1, i2, i3, scales, sums, xScales, xLowest)
    scaled(room + 64, j0, j1, j2, j3, scales, sums, xScales + blocksBytes, xLowest + blocksBytes)
    scaled(room + 128, k0, k1, k2, k3, scales, sums, xScales + blocksBytes * 2, xLowest + blocksBytes * 2)
    scaled(room + 192, l0, l1, l2, l3, scales, sums, xScales + blocksBytes * 3, xLowest + blocksBytes * 3)
    scales += 64
    sums += 64
    xScales += 4
    xLowest += 4
  }
}

/** Adds a block: products · activations' scale · weights' scale + lowest activation · weights' sum. */
@inline
function scaled(at: usize, s0: v128, s1: v128, s2: v128, s3: v128, scales: usize, sums: usize, xScale: usize, xLowest: usize): void {
  const by = v128.load32_splat(xScale), lowest = v128.load32_splat(xLowest)
  s0 = f32x4.relaxed_madd(f32x4.mul(f32x4.convert_i32x4_s(s0), by), v128.load(scales), f32x4.relaxed_madd(lowest, v128.load(sums), v128.load(at)))
  s1 = f32x4.relaxed_madd(f32x4.mul(f32x4.convert_i32x4_s(s1), by), v128.load(scales, 16), f32x4.relaxed_madd(lowest, v128.load(sums, 16), v128.load(at, 16)))
  s2 = f32x4.relaxed_madd(f32x4.mul(f32x4.convert_i32x4_s(s2), by), v128.load(scales, 32), f32x4.relaxed_madd(lowest, v128.load(sums, 32), v128.load(at, 32)))
  s3 = f32x4.relaxed_madd(f32x4.mul(f32x4.convert_i32x4_s(s3), by), v128.load(scales, 48), f32x4.relaxed_madd(lowest, v128.load(sums, 48), v128.load(at, 48)))
  store16(at, s0, s1, s2, s3)
}

function coarse1(w: usize, scales: usize, sums: usize, x: usize, xScales: usize, xLowest: usize, columns: usize, block: usize, y: usize, bias: usize, adds: bool): void {
  const ones = kept(eightOnes)
  let y0 = f32x4.splat(0), y1 = y0, y2 = y0, y3 = y0
  for (const end = w + columns * stepRows; w < end; ) {
    let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0
    for (const blockEnd = w + block * stepRows; w < blockEnd; w += 64) {
      const codes = v128.load32_splat(x)
      s0 = dot(s0, v128.load(w), codes, ones), s1 = dot(s1, v128.load(w, 16), codes, ones), s2 = dot(s2, v128.load(w, 32), codes, ones), s3 = dot(s3, v128.load(w, 48), codes, ones)
      x += 4
    }
    const by = v128.load32_splat(xScales), lowest = v128.load32_splat(xLowest)
    y0 = f32x4.relaxed_madd(f32x4.mul(f32x4.convert_i32x4_s(s0), by), v128.load(scales), f32x4.relaxed_madd(lowest, v128.load(sums), y0))
    y1 = f32x4.relaxed_madd(f32x4.mul(f32x4.convert_i32x4_s(s1), by), v128.load(scales, 16), f32x4.relaxed_madd(lowest, v128.load(sums, 16), y1))
    y2 = f32x4.relaxed_madd(f32x4.mul(f32x4.convert_i32x4_s(s2), by), v128.load(scales, 32), f32x4.relaxed_madd(lowest, v128.load(sums, 32), y2))
    y3 = f32x4.relaxed_madd(f32x4.mul(f32x4.convert_i32x4_s(s3), by), v128.load(scales, 48), f32x4.relaxed_madd(lowest, v128.load(sums, 48), y3))
    scales += 64
    sums += 64
    xScales += 4
    xLowest += 4
  }
  finish(y, y0, y1, y2, y3, bias, adds)
}
