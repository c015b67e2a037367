import { store16 } from './numbers'
import { clearSums, finish, stepRows } from './rows'

/** 16 rows for all tokens. Their weights are in the nearest cache after the first. */
export function exactRows(w: usize, scales: usize, x: usize, xScales: usize, n: usize, columns: usize, block: usize, y: usize, yBytes: usize, bias: usize, adds: bool, room: usize): void {
  const xBytes = columns << 1
  let t: usize = 0
  for (; t + 4 <= n; t += 4) several4(w, scales, x + t * xBytes, xBytes, xScales + (t << 2), columns, block, y + t * yBytes, yBytes, bias, adds, room)
  const left = n - t
  x += t * xBytes
  xScales += t << 2
  y += t * yBytes
  if (left == 3) several3(w, scales, x, xBytes, xScales, columns, block, y, yBytes, bias, adds, room)
  else if (left == 2) several2(w, scales, x, xBytes, xScales, columns, block, y, yBytes, bias, adds, room)
  else if (left == 1) exactRow(w, scales, x, load<f32>(xScales), columns, block, y, bias, adds)
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

/**
 * 16 rows, one token. For every four columns lie 16 times four codes one behind the other, in the order 0, 2, 1, 3: shifted in
 * place they are two pairs. (Loads that widen take half as long again in Node 20.)
 */
export function exactRow(w: usize, scales: usize, x: usize, xScale: f32, columns: usize, block: usize, y: usize, bias: usize, adds: bool): void {
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
 * Twice 16 rows, one token. A processor fetches ahead what two loops' worth of rows need, and more from two places than from
 * one: from memory that is a third quicker. Each row's numbers are `exactRow`'s.
 * @param apart bytes from the first rows' weights to the second rows', and `scalesApart` to their scales, `yApart` to their results and biases
 */
export function exactTwoRows(w: usize, apart: usize, scales: usize, scalesApart: usize, x: usize, xScale: f32, columns: usize, block: usize, y: usize, yApart: usize, bias: usize, adds: bool): void {
  let y0 = f32x4.splat(0), y1 = y0, y2 = y0, y3 = y0
  let z0 = y0, z1 = y0, z2 = y0, z3 = y0
  for (const end = w + columns * stepRows; w < end; ) {
    let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0
    let t0 = s0, t1 = s0, t2 = s0, t3 = s0
    for (const blockEnd = w + block * stepRows; w < blockEnd; w += 64) {
      const second = w + apart
      const pair = v128.load32_splat(x), nextPair = v128.load32_splat(x, 4)
      s0 = dots(s0, v128.load(w), pair, nextPair)
      s1 = dots(s1, v128.load(w, 16), pair, nextPair)
      s2 = dots(s2, v128.load(w, 32), pair, nextPair)
      s3 = dots(s3, v128.load(w, 48), pair, nextPair)
      t0 = dots(t0, v128.load(second), pair, nextPair)
      t1 = dots(t1, v128.load(second, 16), pair, nextPair)
      t2 = dots(t2, v128.load(second, 32), pair, nextPair)
      t3 = dots(t3, v128.load(second, 48), pair, nextPair)
      x += 8
    }
    y0 = f32x4.relaxed_madd(f32x4.convert_i32x4_s(s0), v128.load(scales), y0)
    y1 = f32x4.relaxed_madd(f32x4.convert_i32x4_s(s1), v128.load(scales, 16), y1)
    y2 = f32x4.relaxed_madd(f32x4.convert_i32x4_s(s2), v128.load(scales, 32), y2)
    y3 = f32x4.relaxed_madd(f32x4.convert_i32x4_s(s3), v128.load(scales, 48), y3)
    const others = scales + scalesApart
    z0 = f32x4.relaxed_madd(f32x4.convert_i32x4_s(t0), v128.load(others), z0)
    z1 = f32x4.relaxed_madd(f32x4.convert_i32x4_s(t1), v128.load(others, 16), z1)
    z2 = f32x4.relaxed_madd(f32x4.convert_i32x4_s(t2), v128.load(others, 32), z2)
    z3 = f32x4.relaxed_madd(f32x4.convert_i32x4_s(t3), v128.load(others, 48), z3)
    scales += 64
  }
  const by = f32x4.splat(xScale)
  finish(y, f32x4.mul(y0, by), f32x4.mul(y1, by), f32x4.mul(y2, by), f32x4.mul(y3, by), bias, adds)
  finish(y + yApart, f32x4.mul(z0, by), f32x4.mul(z1, by), f32x4.mul(z2, by), f32x4.mul(z3, by), bias == 0 ? <usize>0 : bias + yApart, adds)
}

/**
 * 16 rows for `tokens` (a constant from 2 to 4) together.
 * @param room for the sums in floats: there are not enough registers for them and the whole numbers
 */
@inline
function several(tokens: usize, w: usize, scales: usize, x: usize, xBytes: usize, xScales: usize, columns: usize, block: usize, y: usize, yBytes: usize, bias: usize, adds: bool, room: usize): void {
  clearSums(room, tokens)
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
