import { activate, kept, store16 } from './numbers'
import { claim, field } from './threads'
import * as plan from './plan'

/** What is done with a product. */
export const put = 0
export const add = 1
/** Puts the activation function's value. */
export const activated = 2

/** A stage is cut into so many pieces for each thread: enough that one that comes late takes less. */
const piecesPerThread: usize = 12
/** Steps of the largest piece: who waits for the last one waits some microseconds. */
const largestPiece: usize = 8

/** Rows that stand side by side and are computed together. Matrices are filled up to a multiple. */
export const stepRows: usize = 16

/**
 * y[n, rows] = x · Wᵀ + bias, with the part of the rows that this thread gets hold of.
 * @param x codes of activations [n, columns] as `kind` says
 * @param xScales f32: one for a token, or one for each of its blocks; `xSums` likewise
 * @param matrix record with the addresses of codes, scales, zero points and bias
 * @param kind as in the plan
 * @param rows a multiple of 16
 * @param room of this thread's own: 256 bytes, and 64 for each block
 */
export function product(at: usize, x: usize, xScales: usize, xSums: usize, n: usize, matrix: usize, kind: usize, columns: usize, block: usize, rows: usize, y: usize, what: usize, room: usize): void {
  const steps = rows / stepRows
  const piece = min(largestPiece, max(1, steps / (field(at, plan.active) * piecesPerThread)))
  const codes = field(matrix, 0)
  const scales = field(matrix, plan.matrixScales)
  const zeros = field(matrix, plan.matrixZeros)
  const bias = field(matrix, plan.matrixBias)
  const adds = what == add
  const blocks = columns / block
  const yBytes = rows << 2
  for (;;) {
    const from = claim(at, piece)
    if (from >= steps) break
    const until = min(from + piece, steps)
    for (let step = from; step < until; step++) {
      const out = y + ((step * stepRows) << 2)
      const added = bias == 0 ? <usize>0 : bias + ((step * stepRows) << 2)
      if (kind == plan.four) fours(codes + step * columns * 8, scales + step * blocks * 32, zeros + step * blocks * 16, x, xScales, xSums, n, columns, block, out, yBytes, added, adds)
      else if (kind == plan.coarse) sevens(codes + step * columns * stepRows, scales + step * blocks * 64, x, xScales, xSums, n, columns, block, out, yBytes, added, adds, room)
      else if (n == 1) single(codes + step * columns * stepRows, scales + step * blocks * 64, x, load<f32>(xScales), columns, block, out, added, adds)
      else eight(codes + step * columns * stepRows, scales + step * blocks * 64, x, xScales, n, columns, block, out, yBytes, added, adds, room)
      if (what == activated) for (let t: usize = 0; t < n; t++) activate(out + t * yBytes, stepRows, field(at, plan.activation))
    }
  }
}

/** 16 rows for all tokens. Their weights are in the nearest cache after the first. */
function eight(w: usize, scales: usize, x: usize, xScales: usize, n: usize, columns: usize, block: usize, y: usize, yBytes: usize, bias: usize, adds: bool, room: usize): void {
  const xBytes = columns << 1
  let t: usize = 0
  for (; t + 4 <= n; t += 4) several4(w, scales, x + t * xBytes, xBytes, xScales + (t << 2), columns, block, y + t * yBytes, yBytes, bias, adds, room)
  const left = n - t
  x += t * xBytes
  xScales += t << 2
  y += t * yBytes
  if (left == 3) several3(w, scales, x, xBytes, xScales, columns, block, y, yBytes, bias, adds, room)
  else if (left == 2) several2(w, scales, x, xBytes, xScales, columns, block, y, yBytes, bias, adds, room)
  else if (left == 1) single(w, scales, x, load<f32>(xScales), columns, block, y, bias, adds)
}

function several4(w: usize, scales: usize, x: usize, xBytes: usize, xScales: usize, columns: usize, block: usize, y: usize, yBytes: usize, bias: usize, adds: bool, room: usize): void {
  several(4, w, scales, x, xBytes, xScales, columns, block, y, yBytes, bias, adds, room)
}

function several3(w: usize, scales: usize, x: usize, xBytes: usize, xScales: usize, columns: usize, block: usize, y: usize, yBytes: usize, bias: usize, adds: bool, room: usize): void {
  several(3, w, scales, x, xBytes, xScales, columns, block, y, yBytes, bias, adds, room)
}

function several2(w: usize, scales: usize, x: usize, xBytes: usize, xScales: usize, columns: usize, block: usize, y: usize, yBytes: usize, bias: usize, adds: bool, room: usize): void {
  several(2, w, scales, x, xBytes, xScales, columns, block, y, yBytes, bias, adds, room)
}

/** Adds the products of four rows' weights with two activations. */
@inline
function dot(sum: v128, w: v128, x: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(w, x))
}

/** Of four columns' codes the first two, and the last two. */
@inline
function evenCodes(codes: v128): v128 {
  return i16x8.shr_s(i16x8.shl(codes, 8), 8)
}

@inline
function oddCodes(codes: v128): v128 {
  return i16x8.shr_s(codes, 8)
}

/** Adds the products of four rows' weights with four activations. */
@inline
function dots(sum: v128, codes: v128, first: v128, second: v128): v128 {
  return dot(dot(sum, oddCodes(codes), second), evenCodes(codes), first)
}

/** Puts the sums of 16 rows, or adds them to what is there. */
@inline
function finish(y: usize, y0: v128, y1: v128, y2: v128, y3: v128, bias: usize, adds: bool): void {
  if (bias != 0) {
    y0 = f32x4.add(y0, v128.load(bias))
    y1 = f32x4.add(y1, v128.load(bias, 16))
    y2 = f32x4.add(y2, v128.load(bias, 32))
    y3 = f32x4.add(y3, v128.load(bias, 48))
  }
  if (adds) {
    y0 = f32x4.add(y0, v128.load(y))
    y1 = f32x4.add(y1, v128.load(y, 16))
    y2 = f32x4.add(y2, v128.load(y, 32))
    y3 = f32x4.add(y3, v128.load(y, 48))
  }
  store16(y, y0, y1, y2, y3)
}

/**
 * 16 rows, one token. For every four columns lie 16 times four codes one behind the other, in the order 0, 2, 1, 3: shifted in
 * place they are two pairs. (Loads that widen take half as long again in Node 20.)
 */
export function single(w: usize, scales: usize, x: usize, xScale: f32, columns: usize, block: usize, y: usize, bias: usize, adds: bool): void {
  let y0 = f32x4.splat(0), y1 = y0, y2 = y0, y3 = y0
  for (const end = w + columns * stepRows; w < end; ) {
    let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0
    for (const blockEnd = w + block * stepRows; w < blockEnd; w += 128) {
      let first = v128.load32_splat(x), second = v128.load32_splat(x, 4)
      s0 = dots(s0, v128.load(w), first, second)
      s1 = dots(s1, v128.load(w, 16), first, second)
      s2 = dots(s2, v128.load(w, 32), first, second)
      s3 = dots(s3, v128.load(w, 48), first, second)
      first = v128.load32_splat(x, 8), second = v128.load32_splat(x, 12)
      s0 = dots(s0, v128.load(w, 64), first, second)
      s1 = dots(s1, v128.load(w, 80), first, second)
      s2 = dots(s2, v128.load(w, 96), first, second)
      s3 = dots(s3, v128.load(w, 112), first, second)
      x += 16
    }
    y0 = f32x4.relaxed_madd(f32x4.convert_i32x4_s(s0), v128.load(scales), y0)
    y1 = f32x4.relaxed_madd(f32x4.convert_i32x4_s(s1), v128.load(scales, 16), y1)
    y2 = f32x4.relaxed_madd(f32x4.convert_i32x4_s(s2), v128.load(scales, 32), y2)
    y3 = f32x4.relaxed_madd(f32x4.convert_i32x4_s(s3), v128.load(scales, 48), y3)
    scales += 64
  }
  const by = f32x4.splat(xScale)
  finish(y, f32x4.mul(y0, by), f32x4.mul(y1, by), f32x4.mul(y2, by), f32x4.mul(y3, by), bias, adds)
}

/**
 * 16 rows for `tokens` (a constant from 2 to 4) together.
 * @param room for the sums in floats: there are not enough registers for them and the whole numbers
 */
@inline
function several(tokens: usize, w: usize, scales: usize, x: usize, xBytes: usize, xScales: usize, columns: usize, block: usize, y: usize, yBytes: usize, bias: usize, adds: bool, room: usize): void {
  for (let p = room; p < room + (tokens << 6); p += 16) v128.store(p, i32x4.splat(0))
  let a = x, b = x + xBytes, c = b + xBytes, d = c + xBytes
  for (const end = w + columns * stepRows; w < end; ) {
    let i0 = i32x4.splat(0), i1 = i0, i2 = i0, i3 = i0
    let j0 = i0, j1 = i0, j2 = i0, j3 = i0
    let k0 = i0, k1 = i0, k2 = i0, k3 = i0
    let l0 = i0, l1 = i0, l2 = i0, l3 = i0
    for (const blockEnd = w + block * stepRows; w < blockEnd; w += 64) {
      const u0 = v128.load(w), u1 = v128.load(w, 16), u2 = v128.load(w, 32), u3 = v128.load(w, 48)
      let w0 = evenCodes(u0), w1 = evenCodes(u1), w2 = evenCodes(u2), w3 = evenCodes(u3)
      let pair = v128.load32_splat(a)
      i0 = dot(i0, w0, pair), i1 = dot(i1, w1, pair), i2 = dot(i2, w2, pair), i3 = dot(i3, w3, pair)
      pair = v128.load32_splat(b)
      j0 = dot(j0, w0, pair), j1 = dot(j1, w1, pair), j2 = dot(j2, w2, pair), j3 = dot(j3, w3, pair)
      if (tokens > 2) {
        pair = v128.load32_splat(c)
        k0 = dot(k0, w0, pair), k1 = dot(k1, w1, pair), k2 = dot(k2, w2, pair), k3 = dot(k3, w3, pair)
      }
      if (tokens > 3) {
        pair = v128.load32_splat(d)
        l0 = dot(l0, w0, pair), l1 = dot(l1, w1, pair), l2 = dot(l2, w2, pair), l3 = dot(l3, w3, pair)
      }
      w0 = oddCodes(u0), w1 = oddCodes(u1), w2 = oddCodes(u2), w3 = oddCodes(u3)
      pair = v128.load32_splat(a, 4)
      i0 = dot(i0, w0, pair), i1 = dot(i1, w1, pair), i2 = dot(i2, w2, pair), i3 = dot(i3, w3, pair)
      pair = v128.load32_splat(b, 4)
      j0 = dot(j0, w0, pair), j1 = dot(j1, w1, pair), j2 = dot(j2, w2, pair), j3 = dot(j3, w3, pair)
      a += 8
      b += 8
      if (tokens > 2) {
        pair = v128.load32_splat(c, 4)
        k0 = dot(k0, w0, pair), k1 = dot(k1, w1, pair), k2 = dot(k2, w2, pair), k3 = dot(k3, w3, pair)
        c += 8
      }
      if (tokens > 3) {
        pair = v128.load32_splat(d, 4)
        l0 = dot(l0, w0, pair), l1 = dot(l1, w1, pair), l2 = dot(l2, w2, pair), l3 = dot(l3, w3, pair)
        d += 8
      }
    }
    scaled(room, i0, i1, i2, i3, scales)
    scaled(room + 64, j0, j1, j2, j3, scales)
    if (tokens > 2) scaled(room + 128, k0, k1, k2, k3, scales)
    if (tokens > 3) scaled(room + 192, l0, l1, l2, l3, scales)
    scales += 64
  }
  for (let token: usize = 0; token < tokens; token++) {
    const by = v128.load32_splat(xScales + (token << 2))
    const sum = room + (token << 6)
    finish(y + token * yBytes, f32x4.mul(v128.load(sum), by), f32x4.mul(v128.load(sum, 16), by), f32x4.mul(v128.load(sum, 32), by), f32x4.mul(v128.load(sum, 48), by), bias, adds)
  }
}

/** Adds a block's sums, scaled. Stores come last: code of 256 bits is made of those that stand together. */
@inline
function scaled(at: usize, s0: v128, s1: v128, s2: v128, s3: v128, scales: usize): void {
  s0 = f32x4.relaxed_madd(f32x4.convert_i32x4_s(s0), v128.load(scales), v128.load(at))
  s1 = f32x4.relaxed_madd(f32x4.convert_i32x4_s(s1), v128.load(scales, 16), v128.load(at, 16))
  s2 = f32x4.relaxed_madd(f32x4.convert_i32x4_s(s2), v128.load(scales, 32), v128.load(at, 32))
  s3 = f32x4.relaxed_madd(f32x4.convert_i32x4_s(s3), v128.load(scales, 48), v128.load(at, 48))
  store16(at, s0, s1, s2, s3)
}

/** Eight times 1 in 16 bits. */
const eightOnes = memory.data<u32>([0x00010001, 0x00010001, 0x00010001, 0x00010001])

/**
 * Adds the products of four rows' weights with four activations of 7 bits. (The instruction that does it all makes the ones anew
 * each time.)
 * @param ones `eightOnes`, kept
 */
@inline
function dot7(sum: v128, w: v128, x: v128, ones: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(w, x), ones))
}

/** 16 rows for all tokens. */
function sevens(w: usize, scales: usize, x: usize, xScales: usize, xLowest: usize, n: usize, columns: usize, block: usize, y: usize, yBytes: usize, bias: usize, adds: bool, room: usize): void {
  const sums = room + 256
  sumWeights(w, scales, columns, block, sums)
  const blocksBytes = (columns / block) << 2
  let t: usize = 0
  for (; t + 4 <= n; t += 4) {
    for (let p = room; p < sums; p += 16) v128.store(p, f32x4.splat(0))
    seven4(w, scales, sums, x, xScales, xLowest, columns, block, blocksBytes, room)
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
    seven1(w, scales, sums, x, xScales, xLowest, columns, block, y, bias, adds)
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
      s0 = dot7(s0, v128.load(w), every, ones), s1 = dot7(s1, v128.load(w, 16), every, ones), s2 = dot7(s2, v128.load(w, 32), every, ones), s3 = dot7(s3, v128.load(w, 48), every, ones)
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
function seven4(w: usize, scales: usize, sums: usize, x: usize, xScales: usize, xLowest: usize, columns: usize, block: usize, blocksBytes: usize, room: usize): void {
  const ones = kept(eightOnes)
  let a = x, b = a + columns, c = b + columns, d = c + columns
  for (const end = w + columns * stepRows; w < end; ) {
    let i0 = i32x4.splat(0), i1 = i0, i2 = i0, i3 = i0
    let j0 = i0, j1 = i0, j2 = i0, j3 = i0
    let k0 = i0, k1 = i0, k2 = i0, k3 = i0
    let l0 = i0, l1 = i0, l2 = i0, l3 = i0
    for (const blockEnd = w + block * stepRows; w < blockEnd; w += 64) {
      const w0 = v128.load(w), w1 = v128.load(w, 16), w2 = v128.load(w, 32), w3 = v128.load(w, 48)
      let codes = v128.load32_splat(a)
      i0 = dot7(i0, w0, codes, ones), i1 = dot7(i1, w1, codes, ones), i2 = dot7(i2, w2, codes, ones), i3 = dot7(i3, w3, codes, ones)
      codes = v128.load32_splat(b)
      j0 = dot7(j0, w0, codes, ones), j1 = dot7(j1, w1, codes, ones), j2 = dot7(j2, w2, codes, ones), j3 = dot7(j3, w3, codes, ones)
      codes = v128.load32_splat(c)
      k0 = dot7(k0, w0, codes, ones), k1 = dot7(k1, w1, codes, ones), k2 = dot7(k2, w2, codes, ones), k3 = dot7(k3, w3, codes, ones)
      codes = v128.load32_splat(d)
      l0 = dot7(l0, w0, codes, ones), l1 = dot7(l1, w1, codes, ones), l2 = dot7(l2, w2, codes, ones), l3 = dot7(l3, w3, codes, ones)
      a += 4
      b += 4
      c += 4
      d += 4
    }
    sevenScaled(room, i0, i1, i2, i3, scales, sums, xScales, xLowest)
    sevenScaled(room + 64, j0, j1, j2, j3, scales, sums, xScales + blocksBytes, xLowest + blocksBytes)
    sevenScaled(room + 128, k0, k1, k2, k3, scales, sums, xScales + blocksBytes * 2, xLowest + blocksBytes * 2)
    sevenScaled(room + 192, l0, l1, l2, l3, scales, sums, xScales + blocksBytes * 3, xLowest + blocksBytes * 3)
    scales += 64
    sums += 64
    xScales += 4
    xLowest += 4
  }
}

/** Adds a block: products · activations' scale · weights' scale + lowest activation · weights' sum. */
@inline
function sevenScaled(at: usize, s0: v128, s1: v128, s2: v128, s3: v128, scales: usize, sums: usize, xScale: usize, xLowest: usize): void {
  const by = v128.load32_splat(xScale), lowest = v128.load32_splat(xLowest)
  s0 = f32x4.relaxed_madd(f32x4.mul(f32x4.convert_i32x4_s(s0), by), v128.load(scales), f32x4.relaxed_madd(lowest, v128.load(sums), v128.load(at)))
  s1 = f32x4.relaxed_madd(f32x4.mul(f32x4.convert_i32x4_s(s1), by), v128.load(scales, 16), f32x4.relaxed_madd(lowest, v128.load(sums, 16), v128.load(at, 16)))
  s2 = f32x4.relaxed_madd(f32x4.mul(f32x4.convert_i32x4_s(s2), by), v128.load(scales, 32), f32x4.relaxed_madd(lowest, v128.load(sums, 32), v128.load(at, 32)))
  s3 = f32x4.relaxed_madd(f32x4.mul(f32x4.convert_i32x4_s(s3), by), v128.load(scales, 48), f32x4.relaxed_madd(lowest, v128.load(sums, 48), v128.load(at, 48)))
  store16(at, s0, s1, s2, s3)
}

function seven1(w: usize, scales: usize, sums: usize, x: usize, xScales: usize, xLowest: usize, columns: usize, block: usize, y: usize, bias: usize, adds: bool): void {
  const ones = kept(eightOnes)
  let y0 = f32x4.splat(0), y1 = y0, y2 = y0, y3 = y0
  for (const end = w + columns * stepRows; w < end; ) {
    let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0
    for (const blockEnd = w + block * stepRows; w < blockEnd; w += 64) {
      const codes = v128.load32_splat(x)
      s0 = dot7(s0, v128.load(w), codes, ones), s1 = dot7(s1, v128.load(w, 16), codes, ones), s2 = dot7(s2, v128.load(w, 32), codes, ones), s3 = dot7(s3, v128.load(w, 48), codes, ones)
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
function fours(w: usize, scales: usize, zeros: usize, x: usize, xScales: usize, xSums: usize, n: usize, columns: usize, block: usize, y: usize, yBytes: usize, bias: usize, adds: bool): void {
  const blocks = columns / block
  for (let t: usize = 0; t < n; t++) {
    fourOnce(w, scales, zeros, x + t * columns, xScales + ((t * blocks) << 2), xSums + ((t * blocks) << 2), columns, block, y + t * yBytes, bias, adds)
  }
}

@inline
function fourOnce(at: usize, scale: usize, zero: usize, a: usize, xScale: usize, xSum: usize, columns: usize, block: usize, y: usize, bias: usize, adds: bool): void {
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
