import { exp4, fitsHalf, halfScale, largest4, smallFromHalf, storeHalf, sum4, sumEach } from './numbers'
import { claim, field } from './threads'
import * as plan from './plan'

/** Where keys or values of a head begin. */
@inline
function headRows(at: usize, which: usize, layer: usize, head: usize): usize {
  const rows = field(at, plan.capacity)
  return field(at, which) + (((layer * field(at, plan.heads) + head) * rows * field(at, plan.headDim)) << 1)
}

/** Queries that read a row of the cache together. From three on it pays; the room for the fourth is there in any case. */
const together: usize = 4
const fewestTogether: usize = 3

/**
 * Puts the new keys and values into the cache and attends, with the heads that this thread gets hold of. What comes out for a
 * token does not depend on how many others there are.
 * @param wanted answers are for so many tokens, the first ones or those that `rows` names: y [wanted, width]
 * @param scores room of this thread for four rows of the cache, and four queries in front
 */
export function attend(at: usize, layer: usize, n: usize, wanted: usize, rows: usize, y: usize, scores: usize): void {
  const heads = field(at, plan.heads)
  const dim = field(at, plan.headDim)
  const width = field(at, plan.width)
  const past = field(at, plan.past)
  const seen = past + n
  const joined = field(at, plan.joined)
  const mask = field(at, plan.mask)
  const queries = scores
  const queryBytes = dim << 2
  scores += queryBytes * together
  const scoreBytes = (seen + 3 & ~3) << 2
  for (;;) {
    const head = claim(at, 1)
    if (head >= heads) break
    const keys = headRows(at, plan.keys, layer, head)
    const values = headRows(at, plan.values, layer, head)
    for (let t: usize = 0; t < n; t++) {
      const from = joined + ((t * width * 3 + width + head * dim) << 2)
      const to = ((past + t) * dim) << 1
      keep(at, from, keys + to, dim)
      keep(at, from + (width << 2), values + to, dim)
    }
    for (let i: usize = 0; i < wanted; ) {
      const count: usize = wanted - i >= fewestTogether ? min(together, wanted - i) : 1
      let visible: usize = 0
      for (let q: usize = 0; q < count; q++) {
        const t = tokenOf(rows, i + q)
        scaleQuery(joined + ((t * width * 3 + head * dim) << 2), queries + q * queryBytes, dim)
        visible = max(visible, mask == 0 ? seen : lastVisible(mask + ((t * seen) << 2), seen))
      }
      if (count == 1) compareOne(queries, keys, dim, visible, scores)
      else compareFour(queries, keys, dim, visible, scores, scoreBytes)
      let f0: f32 = 0, f1: f32 = 0, f2: f32 = 0, f3: f32 = 0
      for (let q: usize = 0; q < count; q++) {
        const factor = halfScale / weigh(scores + q * scoreBytes, visible, mask == 0 ? <usize>0 : mask + ((tokenOf(rows, i + q) * seen) << 2))
        if (q == 0) f0 = factor
        else if (q == 1) f1 = factor
        else if (q == 2) f2 = factor
        else f3 = factor
      }
      const to = y + ((i * width + head * dim) << 2)
      if (count == 1) mixOne(scores, values, dim, visible, f0, to)
      else mixFour(scores, scoreBytes, values, dim, visible, f32x4(f0, f1, f2, f3), to, width << 2)
      i += count
    }
  }
}

/** Which of the new tokens an answer is for. */
@inline
function tokenOf(rows: usize, i: usize): usize {
  return rows == 0 ? i : <usize>load<u32>(rows + (i << 2))
}

/** Rows up to the last that a token sees. */
function lastVisible(mask: usize, seen: usize): usize {
  let rows = seen
  while (rows > 1 && load<f32>(mask + ((rows - 1) << 2)) < -1e29) rows--
  return rows
}

/** Makes good what `smallFromHalf` gives too small. */
function scaleQuery(from: usize, to: usize, dim: usize): void {
  const scale = f32x4.splat(halfScale)
  for (let i: usize = 0; i < dim << 2; i += 16) v128.store(to + i, f32x4.mul(v128.load(from + i), scale))
}

function keep(at: usize, from: usize, to: usize, dim: usize): void {
  for (let i: usize = 0; i < dim; i += 4) {
    const four = v128.load(from + (i << 2))
    if (!fitsHalf(four)) atomic.store<u32>(at, 1, plan.overflowed)
    storeHalf(to + (i << 1), four)
  }
}

/** q·k for each row, four rows at a time: behind the last stand others or room for them, and what is read there is not used. */
function compareOne(query: usize, keys: usize, dim: usize, rows: usize, scores: usize): void {
  const rowBytes = dim << 1
  for (let row: usize = 0; row < rows; row += 4) {
    const a = keys + row * rowBytes, b = a + rowBytes, c = b + rowBytes, d = c + rowBytes
    let sa = f32x4.splat(0), sb = sa, sc = sa, sd = sa
    for (let i: usize = 0; i < rowBytes; i += 8) {
      const q = v128.load(query + (i << 1))
      sa = f32x4.relaxed_madd(smallFromHalf(a + i), q, sa)
      sb = f32x4.relaxed_madd(smallFromHalf(b + i), q, sb)
      sc = f32x4.relaxed_madd(smallFromHalf(c + i), q, sc)
      sd = f32x4.relaxed_madd(smallFromHalf(d + i), q, sd)
    }
    v128.store(scores + (row << 2), sumEach(sa, sb, sc, sd))
  }
}

/** The same for four queries, each row read once. */
function compareFour(queries: usize, keys: usize, dim: usize, rows: usize, scores: usize, scoreBytes: usize): void {
  const rowBytes = dim << 1, queryBytes = dim << 2
  const second = scores + scoreBytes, third = second + scoreBytes, fourth = third + scoreBytes
  let key = keys
  for (let row: usize = 0; row < rows << 2; row += 4) {
    let sa = f32x4.splat(0), sb = sa, sc = sa, sd = sa
    let q = queries
    for (const end = key + rowBytes; key < end; key += 8) {
      const k = smallFromHalf(key)
      sa = f32x4.relaxed_madd(k, v128.load(q), sa)
      sb = f32x4.relaxed_madd(k, v128.load(q + queryBytes), sb)
      sc = f32x4.relaxed_madd(k, v128.load(q + queryBytes * 2), sc)
      sd = f32x4.relaxed_madd(k, v128.load(q + queryBytes * 3), sd)
      q += 16
    }
    const sums = sumEach(sa, sb, sc, sd)
    v128.store32_lane(scores + row, sums, 0)
    v128.store32_lane(second + row, sums, 1)
    v128.store32_lane(third + row, sums, 2)
    v128.store32_lane(fourth + row, sums, 3)
  }
}

/** Scores → e^(score + mask - largest), padded with zeros to a multiple of four. @returns their sum */
function weigh(scores: usize, rows: usize, mask: usize): f32 {
  let most = f32x4.splat(-Infinity)
  for (let row: usize = 0; row < rows; row += 4) {
    let four = v128.load(scores + (row << 2))
    if (mask != 0) four = f32x4.add(four, v128.load(mask + (row << 2)))
    const left = rows - row
    if (left < 4) four = v128.bitselect(four, f32x4.splat(-Infinity), i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(<i32>left)))
    v128.store(scores + (row << 2), four)
    most = f32x4.max(most, four)
  }
  const largest = f32x4.splat(largest4(most))
  let sum = f32x4.splat(0)
  for (let row: usize = 0; row < rows; row += 4) {
    const four = exp4(f32x4.sub(v128.load(scores + (row << 2)), largest))
    v128.store(scores + (row << 2), four)
    sum = f32x4.add(sum, four)
  }
  return sum4(sum)
}

/** y = factor · Σ score · value, over the rows. */
function mixOne(scores: usize, values: usize, dim: usize, rows: usize, factor: f32, y: usize): void {
  const rowBytes = dim << 1
  const by = f32x4.splat(factor)
  const end = scores + (rows << 2)
  let i: usize = 0
  for (; i + 32 <= dim; i += 32) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0
    let v = values + (i << 1)
    for (let p = scores; p < end; p += 4) {
      const weight = v128.load32_splat(p)
      s0 = f32x4.relaxed_madd(smallFromHalf(v), weight, s0)
      s1 = f32x4.relaxed_madd(smallFromHalf(v + 8), weight, s1)
      s2 = f32x4.relaxed_madd(smallFromHalf(v + 16), weight, s2)
      s3 = f32x4.relaxed_madd(smallFromHalf(v + 24), weight, s3)
      s4 = f32x4.relaxed_madd(smallFromHalf(v + 32), weight, s4)
      s5 = f32x4.relaxed_madd(smallFromHalf(v + 40), weight, s5)
      s6 = f32x4.relaxed_madd(smallFromHalf(v + 48), weight, s6)
      s7 = f32x4.relaxed_madd(smallFromHalf(v + 56), weight, s7)
      v += rowBytes
    }
    const to = y + (i << 2)
    v128.store(to, f32x4.mul(s0, by))
    v128.store(to, f32x4.mul(s1, by), 16)
    v128.store(to, f32x4.mul(s2, by), 32)
    v128.store(to, f32x4.mul(s3, by), 48)
    v128.store(to, f32x4.mul(s4, by), 64)
    v128.store(to, f32x4.mul(s5, by), 80)
    v128.store(to, f32x4.mul(s6, by), 96)
    v128.store(to, f32x4.mul(s7, by), 112)
  }
  for (; i < dim; i += 4) {
    let s = f32x4.splat(0)
    let v = values + (i << 1)
    for (let p = scores; p < end; p += 4) {
      s = f32x4.relaxed_madd(smallFromHalf(v), v128.load32_splat(p), s)
      v += rowBytes
    }
    v128.store(y + (i << 2), f32x4.mul(s, by))
  }
}

/** The same for four queries, each row read once: y, `yBytes` apart. */
function mixFour(scores: usize, scoreBytes: usize, values: usize, dim: usize, rows: usize, factors: v128, y: usize, yBytes: usize): void {
  const rowBytes = dim << 1
  for (let i: usize = 0; i < dim; i += 8) {
    // A head of 4, 12, … dimensions ends with half a step.
    const whole = i + 8 <= dim
    let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0
    let v = values + (i << 1)
    let a = scores, b = a + scoreBytes, c = b + scoreBytes, d = c + scoreBytes
    for (const end = scores + (rows << 2); a < end; a += 4) {
      const low = smallFromHalf(v), high = smallFromHalf(v + 8)
      let weight = v128.load32_splat(a)
      a0 = f32x4.relaxed_madd(low, weight, a0)
      a1 = f32x4.relaxed_madd(high, weight, a1)
      weight = v128.load32_splat(b)
      b0 = f32x4.relaxed_madd(low, weight, b0)
      b1 = f32x4.relaxed_madd(high, weight, b1)
      weight = v128.load32_splat(c)
      c0 = f32x4.relaxed_madd(low, weight, c0)
      c1 = f32x4.relaxed_madd(high, weight, c1)
      weight = v128.load32_splat(d)
      d0 = f32x4.relaxed_madd(low, weight, d0)
      d1 = f32x4.relaxed_madd(high, weight, d1)
      b += 4
      c += 4
      d += 4
      v += rowBytes
    }
    const to = y + (i << 2)
    const fa = v128.shuffle<f32>(factors, factors, 0, 0, 0, 0), fb = v128.shuffle<f32>(factors, factors, 1, 1, 1, 1)
    const fc = v128.shuffle<f32>(factors, factors, 2, 2, 2, 2), fd = v128.shuffle<f32>(factors, factors, 3, 3, 3, 3)
    v128.store(to, f32x4.mul(a0, fa))
    v128.store(to + yBytes, f32x4.mul(b0, fb))
    v128.store(to + yBytes * 2, f32x4.mul(c0, fc))
    v128.store(to + yBytes * 3, f32x4.mul(d0, fd))
    if (whole) {
      v128.store(to + 16, f32x4.mul(a1, fa))
      v128.store(to + yBytes + 16, f32x4.mul(b1, fb))
      v128.store(to + yBytes * 2 + 16, f32x4.mul(c1, fc))
      v128.store(to + yBytes * 3 + 16, f32x4.mul(d1, fd))
    }
  }
}

/** Rows of f32 [n, width] as they leave a graph → rows `from` of one layer's keys or values. */
export function keepRows(at: usize, which: usize, layer: usize, from: usize, n: usize, rows: usize): void {
  const dim = field(at, plan.headDim)
  const width = field(at, plan.width)
  for (let head: usize = 0; head < field(at, plan.heads); head++) {
    const to = headRows(at, which, layer, head)
    for (let t: usize = 0; t < n; t++) keep(at, rows + ((t * width + head * dim) << 2), to + (((from + t) * dim) << 1), dim)
  }
}

/** The other way: one layer's rows `from` to `from` + n as f32 [n, width]. */
export function giveRows(at: usize, which: usize, layer: usize, from: usize, n: usize, rows: usize): void {
  const dim = field(at, plan.headDim)
  const width = field(at, plan.width)
  const scale = f32x4.splat(halfScale)
  for (let head: usize = 0; head < field(at, plan.heads); head++) {
    const source = headRows(at, which, layer, head)
    for (let t: usize = 0; t < n; t++) {
      for (let i: usize = 0; i < dim; i += 4) {
        v128.store(rows + ((t * width + head * dim + i) << 2), f32x4.mul(smallFromHalf(source + (((from + t) * dim + i) << 1)), scale))
      }
    }
  }
}
