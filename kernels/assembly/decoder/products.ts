import { activate } from './numbers'
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
 * @param x codes of activations [n, columns]: i16 for 8-bit weights, i8 for those of 4 bits
 * @param xScales f32: one for a token, or for 4 bits one for each of its blocks; `xSums` likewise
 * @param matrix record with the addresses of codes, scales, zero points and bias
 * @param bits 8 or 4
 * @param rows a multiple of 16
 * @param room 128 bytes of this thread's own
 */
export function product(at: usize, x: usize, xScales: usize, xSums: usize, n: usize, matrix: usize, bits: usize, columns: usize, block: usize, rows: usize, y: usize, finish: usize, room: usize): void {
  const steps = rows / stepRows
  const piece = min(largestPiece, max(1, steps / (field(at, plan.active) * piecesPerThread)))
  const codes = field(matrix, 0)
  const scales = field(matrix, plan.matrixScales)
  const zeros = field(matrix, plan.matrixZeros)
  const bias = field(matrix, plan.matrixBias)
  const kind = field(at, plan.activation)
  const blocks = columns / block
  const yBytes = rows << 2
  for (;;) {
    const from = claim(at, piece)
    if (from >= steps) break
    const until = min(from + piece, steps)
    for (let step = from; step < until; step++) {
      const out = y + ((step * stepRows) << 2)
      const added = bias == 0 ? <usize>0 : bias + ((step * stepRows) << 2)
      if (bits == 4) four(codes + step * columns * 8, scales + step * blocks * 32, zeros + step * blocks * 16, x, xScales, xSums, n, columns, block, out, yBytes, added, finish, kind)
      else if (n == 1) single(codes + step * columns * stepRows, scales + step * blocks * 64, x, load<f32>(xScales), columns, block, out, added, finish, kind)
      else eight(codes + step * columns * stepRows, scales + step * blocks * 64, x, xScales, n, columns, block, out, yBytes, added, finish, kind, room)
    }
  }
}

/** 16 rows for all tokens. Their weights are in the nearest cache after the first. */
function eight(w: usize, scales: usize, x: usize, xScales: usize, n: usize, columns: usize, block: usize, y: usize, yBytes: usize, bias: usize, finish: usize, kind: usize, room: usize): void {
  const xBytes = columns << 1
  let t: usize = 0
  for (; t + 4 <= n; t += 4) several4(w, scales, x + t * xBytes, xBytes, xScales + (t << 2), columns, block, y + t * yBytes, yBytes, bias, finish, kind, room)
  const left = n - t
  x += t * xBytes
  xScales += t << 2
  y += t * yBytes
  if (left == 3) several3(w, scales, x, xBytes, xScales, columns, block, y, yBytes, bias, finish, kind, room)
  else if (left == 2) several2(w, scales, x, xBytes, xScales, columns, block, y, yBytes, bias, finish, kind, room)
  else if (left == 1) single(w, scales, x, load<f32>(xScales), columns, block, y, bias, finish, kind)
}

function several4(w: usize, scales: usize, x: usize, xBytes: usize, xScales: usize, columns: usize, block: usize, y: usize, yBytes: usize, bias: usize, finish: usize, kind: usize, room: usize): void {
  several(4, w, scales, x, xBytes, xScales, columns, block, y, yBytes, bias, finish, kind, room)
}

function several3(w: usize, scales: usize, x: usize, xBytes: usize, xScales: usize, columns: usize, block: usize, y: usize, yBytes: usize, bias: usize, finish: usize, kind: usize, room: usize): void {
  several(3, w, scales, x, xBytes, xScales, columns, block, y, yBytes, bias, finish, kind, room)
}

function several2(w: usize, scales: usize, x: usize, xBytes: usize, xScales: usize, columns: usize, block: usize, y: usize, yBytes: usize, bias: usize, finish: usize, kind: usize, room: usize): void {
  several(2, w, scales, x, xBytes, xScales, columns, block, y, yBytes, bias, finish, kind, room)
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

/** Finishes four rows, `offset` bytes behind the first. */
@inline
function done(y: usize, offset: usize, value: v128, bias: usize, finish: usize, kind: usize): void {
  let out = bias == 0 ? value : f32x4.add(value, v128.load(bias + offset))
  if (finish == add) out = f32x4.add(out, v128.load(y + offset))
  else if (finish == activated) out = activate(out, kind)
  v128.store(y + offset, out)
}

/** Finishes 16 rows. */
@inline
function allDone(y: usize, y0: v128, y1: v128, y2: v128, y3: v128, bias: usize, finish: usize, kind: usize): void {
  done(y, 0, y0, bias, finish, kind)
  done(y, 16, y1, bias, finish, kind)
  done(y, 32, y2, bias, finish, kind)
  done(y, 48, y3, bias, finish, kind)
}

/**
 * 16 rows, one token. For every four columns lie 16 times four codes one behind the other, in the order 0, 2, 1, 3: shifted in
 * place they are two pairs. (Loads that widen take half as long again in Node 20.)
 */
export function single(w: usize, scales: usize, x: usize, xScale: f32, columns: usize, block: usize, y: usize, bias: usize, finish: usize, kind: usize): void {
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
  allDone(y, f32x4.mul(y0, by), f32x4.mul(y1, by), f32x4.mul(y2, by), f32x4.mul(y3, by), bias, finish, kind)
}

/**
 * 16 rows, eight at a time, for `tokens` (a constant from 2 to 4) together.
 * @param room for the sums in floats: there are not enough registers for them and the whole numbers
 */
@inline
function several(tokens: usize, w: usize, scales: usize, x: usize, xBytes: usize, xScales: usize, columns: usize, block: usize, y: usize, yBytes: usize, bias: usize, finish: usize, kind: usize, room: usize): void {
  for (let half: usize = 0; half < 2; half++) {
    for (let p = room; p < room + (tokens << 5); p += 16) v128.store(p, i32x4.splat(0))
    let a = x, b = x + xBytes, c = b + xBytes, d = c + xBytes
    let at = w + (half << 5)
    let scale = scales + (half << 5)
    for (const end = at + columns * stepRows; at < end; ) {
      let i0 = i32x4.splat(0), i1 = i0, j0 = i0, j1 = i0, k0 = i0, k1 = i0, l0 = i0, l1 = i0
      for (const blockEnd = at + block * stepRows; at < blockEnd; at += 64) {
        const u = v128.load(at), v = v128.load(at, 16)
        let low = evenCodes(u), high = evenCodes(v)
        let pair = v128.load32_splat(a)
        i0 = dot(i0, low, pair)
        i1 = dot(i1, high, pair)
        pair = v128.load32_splat(b)
        j0 = dot(j0, low, pair)
        j1 = dot(j1, high, pair)
        if (tokens > 2) {
          pair = v128.load32_splat(c)
          k0 = dot(k0, low, pair)
          k1 = dot(k1, high, pair)
        }
        if (tokens > 3) {
          pair = v128.load32_splat(d)
          l0 = dot(l0, low, pair)
          l1 = dot(l1, high, pair)
        }
        low = oddCodes(u), high = oddCodes(v)
        pair = v128.load32_splat(a, 4)
        i0 = dot(i0, low, pair)
        i1 = dot(i1, high, pair)
        pair = v128.load32_splat(b, 4)
        j0 = dot(j0, low, pair)
        j1 = dot(j1, high, pair)
        a += 8
        b += 8
        if (tokens > 2) {
          pair = v128.load32_splat(c, 4)
          k0 = dot(k0, low, pair)
          k1 = dot(k1, high, pair)
          c += 8
        }
        if (tokens > 3) {
          pair = v128.load32_splat(d, 4)
          l0 = dot(l0, low, pair)
          l1 = dot(l1, high, pair)
          d += 8
        }
      }
      scaled(room, 0, i0, i1, scale)
      scaled(room, 32, j0, j1, scale)
      if (tokens > 2) scaled(room, 64, k0, k1, scale)
      if (tokens > 3) scaled(room, 96, l0, l1, scale)
      scale += 64
    }
    for (let token: usize = 0; token < tokens; token++) {
      const by = v128.load32_splat(xScales + (token << 2))
      const sum = room + (token << 5)
      done(y + token * yBytes, half << 5, f32x4.mul(v128.load(sum), by), bias, finish, kind)
      done(y + token * yBytes, (half << 5) + 16, f32x4.mul(v128.load(sum, 16), by), bias, finish, kind)
    }
  }
}

/** Adds a block's sums, scaled. */
@inline
function scaled(room: usize, offset: usize, low: v128, high: v128, scale: usize): void {
  const at = room + offset
  v128.store(at, f32x4.relaxed_madd(f32x4.convert_i32x4_s(low), v128.load(scale), v128.load(at)))
  v128.store(at, f32x4.relaxed_madd(f32x4.convert_i32x4_s(high), v128.load(scale, 16), v128.load(at, 16)), 16)
}

/** The lower and the upper four bits of each byte. */
@inline
function low(v: v128): v128 {
  return v128.and(v, i8x16.splat(15))
}

@inline
function high(v: v128): v128 {
  return v128.and(i16x8.shr_u(v, 4), i8x16.splat(15))
}

/** Products of codes below 16 with activations, two added; eight such sums fit into 16 bits. */
@inline
function pairs(codes: v128, x: v128): v128 {
  return i16x8.relaxed_dot_i8x16_i7x16_s(x, codes)
}

/**
 * 16 rows for all tokens. For every eight columns there are four bytes of each row: their lower halves are the first four codes,
 * the upper halves the others. Of a block, the rows' scales are bf16, two in a word (of every eight rows the first four in the
 * upper halves), and their zero points bytes.
 */
function four(w: usize, scales: usize, zeros: usize, x: usize, xScales: usize, xSums: usize, n: usize, columns: usize, block: usize, y: usize, yBytes: usize, bias: usize, finish: usize, kind: usize): void {
  const blocks = columns / block
  for (let t: usize = 0; t < n; t++) {
    fourOnce(w, scales, zeros, x + t * columns, xScales + ((t * blocks) << 2), xSums + ((t * blocks) << 2), columns, block, y + t * yBytes, bias, finish, kind)
  }
}

@inline
function fourOnce(at: usize, scale: usize, zero: usize, a: usize, xScale: usize, xSum: usize, columns: usize, block: usize, y: usize, bias: usize, finish: usize, kind: usize): void {
  let y0 = f32x4.splat(0), y1 = y0, y2 = y0, y3 = y0
  for (const end = at + columns * 8; at < end; ) {
    let s0 = i16x8.splat(0), s1 = s0, s2 = s0, s3 = s0
    for (const blockEnd = at + block * 8; at < blockEnd; at += 128) {
      let first = v128.load32_splat(a), second = v128.load32_splat(a, 4)
      s0 = fourDots(s0, v128.load(at), first, second)
      s1 = fourDots(s1, v128.load(at, 16), first, second)
      s2 = fourDots(s2, v128.load(at, 32), first, second)
      s3 = fourDots(s3, v128.load(at, 48), first, second)
      first = v128.load32_splat(a, 8), second = v128.load32_splat(a, 12)
      s0 = fourDots(s0, v128.load(at, 64), first, second)
      s1 = fourDots(s1, v128.load(at, 80), first, second)
      s2 = fourDots(s2, v128.load(at, 96), first, second)
      s3 = fourDots(s3, v128.load(at, 112), first, second)
      a += 16
    }
    const zeroCodes = v128.load(zero)
    const low = i16x8.extend_low_i8x16_u(zeroCodes), high = i16x8.extend_high_i8x16_u(zeroCodes)
    const by = v128.load32_splat(xScale), sum = v128.load32_splat(xSum)
    let both = v128.load(scale)
    y0 = fourScaled(y0, s0, by, i32x4.extend_low_i16x8_u(low), sum, v128.and(both, i32x4.splat(0xffff0000)))
    y1 = fourScaled(y1, s1, by, i32x4.extend_high_i16x8_u(low), sum, i32x4.shl(both, 16))
    both = v128.load(scale, 16)
    y2 = fourScaled(y2, s2, by, i32x4.extend_low_i16x8_u(high), sum, v128.and(both, i32x4.splat(0xffff0000)))
    y3 = fourScaled(y3, s3, by, i32x4.extend_high_i16x8_u(high), sum, i32x4.shl(both, 16))
    scale += 32
    zero += 16
    xScale += 4
    xSum += 4
  }
  allDone(y, y0, y1, y2, y3, bias, finish, kind)
}

/** Adds the products of four rows' codes with eight activations. */
@inline
export function fourDots(sum: v128, codes: v128, first: v128, second: v128): v128 {
  return i16x8.add(sum, i16x8.add(pairs(low(codes), first), pairs(high(codes), second)))
}

/** Adds a block: (products · activations' scale - zero point · their sum) · weights' scale. */
@inline
function fourScaled(y: v128, products: v128, by: v128, zero: v128, sum: v128, scale: v128): v128 {
  const scaledProducts = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extadd_pairwise_i16x8_s(products)), by)
  return f32x4.relaxed_madd(f32x4.relaxed_nmadd(f32x4.convert_i32x4_s(zero), sum, scaledProducts), scale, y)
}
