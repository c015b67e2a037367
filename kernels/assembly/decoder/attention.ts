import { exp4, fitsHalf, halfBits, halfScale, kept, largest4, smallFromHalf, store8, storeHalf, sum4, sumEach } from './numbers'
import { claim, field } from './threads'
import * as plan from './plan'
import { compareSpread, fullRows, mixSpread, spreadColumns, spreadKeys, spreadOut } from './spread'

/** Where keys or values of a head begin. */
@inline
function headRows(at: usize, which: usize, layer: usize, head: usize): usize {
  const rows = field(at, plan.capacity)
  return field(at, which) + (((layer * field(at, plan.heads) + head) * rows * field(at, plan.headDim)) << 1)
}

/** Queries that read a row of the cache together. From three on it pays; the room for the fourth is there in any case. */
const together: usize = 4
const fewestTogether: usize = 3

/** From so many queries on it pays to spread a head's keys and values out for them. */
const fewestSpread: usize = 16

/**
 * Puts the new keys and values into the cache and attends, with the heads that this thread gets hold of. What comes out for a
 * token does not depend on how many others there are, but for prompts.
 * @param wanted answers are for so many tokens, the first ones or those that `rows` names: y [wanted, width]
 * @param scores room of this thread for four rows of the cache, and four queries in front
 * @param spread room of this thread for a head's keys and values in 32 bits
 */
export function attend(at: usize, layer: usize, n: usize, wanted: usize, rows: usize, y: usize, scores: usize, spread: usize): void {
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
  const scoreBytes = fullRows(seen) << 2
  const spreads = field(at, plan.isPrompt) != 0 && wanted >= fewestSpread && dim % spreadColumns == 0
  const spreadValues = spread + fullRows(seen) * queryBytes
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
    if (spreads) {
      spreadKeys(keys, dim, seen, spread)
      spreadOut(values, dim, seen, spreadValues)
    }
    for (let i: usize = 0; i < wanted; ) {
      const left = wanted - i
      const count: usize = spreads || left >= fewestTogether ? min(together, left) : 1
      let visible: usize = 0
      for (let q: usize = 0; q < count; q++) {
        const t = tokenOf(rows, i + q)
        scaleQuery(joined + ((t * width * 3 + head * dim) << 2), queries + q * queryBytes, dim)
        visible = max(visible, mask == 0 ? seen : lastVisible(mask + ((t * seen) << 2), seen))
      }
      if (spreads) compareSpread(queries, spread, dim, visible, scores, scoreBytes)
      else if (count == 1) compareOne(queries, keys, dim, visible, scores)
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
      const factors = f32x4(f0, f1, f2, f3)
      if (spreads) mixSpread(scores, scoreBytes, spreadValues, dim, seen, visible, factors, to, width << 2, count)
      else if (count == 1) mixOne(scores, values, dim, visible, f0, to)
      else mixFour(scores, scoreBytes, values, dim, visible, factors, to, width << 2)
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

/**
 * q·k for each row, four rows at a time: behind the last stand others or room for them, and what is read there is not used.
 * Of each row eight dimensions are multiplied side by side; a head of 4, 12, … dimensions ends with half a step.
 */
function compareOne(query: usize, keys: usize, dim: usize, rows: usize, scores: usize): void {
  const bits = kept(halfBits)
  const rowBytes = dim << 1, evenBytes = rowBytes & ~15
  for (let row: usize = 0; row < rows; row += 4) {
    const a = keys + row * rowBytes, b = a + rowBytes, c = b + rowBytes, d = c + rowBytes
    let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0
    for (let i: usize = 0; i < evenBytes; i += 16) {
      const q = query + (i << 1)
      const q0 = v128.load(q), q1 = v128.load(q, 16)
      a0 = f32x4.relaxed_madd(smallFromHalf(a + i, bits), q0, a0), a1 = f32x4.relaxed_madd(smallFromHalf(a + i + 8, bits), q1, a1)
      b0 = f32x4.relaxed_madd(smallFromHalf(b + i, bits), q0, b0), b1 = f32x4.relaxed_madd(smallFromHalf(b + i + 8, bits), q1, b1)
      c0 = f32x4.relaxed_madd(smallFromHalf(c + i, bits), q0, c0), c1 = f32x4.relaxed_madd(smallFromHalf(c + i + 8, bits), q1, c1)
      d0 = f32x4.relaxed_madd(smallFromHalf(d + i, bits), q0, d0), d1 = f32x4.relaxed_madd(smallFromHalf(d + i + 8, bits), q1, d1)
    }
    let sums = sumEach(f32x4.add(a0, a1), f32x4.add(b0, b1), f32x4.add(c0, c1), f32x4.add(d0, d1))
    if (evenBytes < rowBytes) {
      const q = v128.load(query + (evenBytes << 1))
      sums = f32x4.add(sums, sumEach(f32x4.mul(smallFromHalf(a + evenBytes, bits), q), f32x4.mul(smallFromHalf(b + evenBytes, bits), q), f32x4.mul(smallFromHalf(c + evenBytes, bits), q), f32x4.mul(smallFromHalf(d + evenBytes, bits), q)))
    }
    v128.store(scores + (row << 2), sums)
  }
}

/** The same for four queries, each row read once. */
function compareFour(queries: usize, keys: usize, dim: usize, rows: usize, scores: usize, scoreBytes: usize): void {
  const bits = kept(halfBits)
  const rowBytes = dim << 1, queryBytes = dim << 2, evenBytes = rowBytes & ~15
  const second = scores + scoreBytes, third = second + scoreBytes, fourth = third + scoreBytes
  let key = keys
  for (let row: usize = 0; row < rows << 2; row += 4) {
    let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0
    let q = queries
    for (const end = key + evenBytes; key < end; key += 16) {
      const k0 = smallFromHalf(key, bits), k1 = smallFromHalf(key + 8, bits)
      a0 = f32x4.relaxed_madd(k0, v128.load(q), a0), a1 = f32x4.relaxed_madd(k1, v128.load(q, 16), a1)
      const qb = q + queryBytes
      b0 = f32x4.relaxed_madd(k0, v128.load(qb), b0), b1 = f32x4.relaxed_madd(k1, v128.load(qb, 16), b1)
      const qc = qb + queryBytes
      c0 = f32x4.relaxed_madd(k0, v128.load(qc), c0), c1 = f32x4.relaxed_madd(k1, v128.load(qc, 16), c1)
      const qd = qc + queryBytes
      d0 = f32x4.relaxed_madd(k0, v128.load(qd), d0), d1 = f32x4.relaxed_madd(k1, v128.load(qd, 16), d1)
      q += 32
    }
    let sums = sumEach(f32x4.add(a0, a1), f32x4.add(b0, b1), f32x4.add(c0, c1), f32x4.add(d0, d1))
    if (evenBytes < rowBytes) {
      const k = smallFromHalf(key, bits)
      sums = f32x4.add(sums, sumEach(f32x4.mul(k, v128.load(q)), f32x4.mul(k, v128.load(q + queryBytes)), f32x4.mul(k, v128.load(q + queryBytes * 2)), f32x4.mul(k, v128.load(q + queryBytes * 3))))
      key += 8
    }
    v128.store32_lane(scores + row, sums, 0)
    v128.store32_lane(second + row, sums, 1)
    v128.store32_lane(third + row, sums, 2)
    v128.store32_lane(fourth + row, sums, 3)
  }
}

/** Scores → e^(score + mask - largest), padded with zeros to a multiple of eight. @returns their sum */
function weigh(scores: usize, rows: usize, mask: usize): f32 {
  const end = scores + (rows << 2), padded = scores + ((rows + 7 & ~7) << 2)
  if (mask != 0) {
    for (let at = scores; at < end; at += 16) {
      v128.store(at, f32x4.add(v128.load(at), v128.load(mask)))
      mask += 16
    }
  }
  for (let at = end; at < padded; at += 4) store<f32>(at, -Infinity)
  let most = f32x4.splat(-Infinity)
  for (let at = scores; at < padded; at += 16) most = f32x4.max(most, v128.load(at))
  const largest = f32x4.splat(largest4(most))
  let sum0 = f32x4.splat(0), sum1 = sum0
  for (let at = scores; at < padded; at += 32) {
    const e0 = exp4(f32x4.sub(v128.load(at), largest)), e1 = exp4(f32x4.sub(v128.load(at, 16), largest))
    sum0 = f32x4.add(sum0, e0)
    sum1 = f32x4.add(sum1, e1)
    store8(at, e0, e1)
  }
  return sum4(f32x4.add(sum0, sum1))
}

/** y = factor · Σ score · value, over the rows. */
function mixOne(scores: usize, values: usize, dim: usize, rows: usize, factor: f32, y: usize): void {
  const bits = kept(halfBits)
  const rowBytes = dim << 1
  const by = f32x4.splat(factor)
  const end = scores + (rows << 2)
  let i: usize = 0
  for (; i + 32 <= dim; i += 32) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0
    let v = values + (i << 1)
    for (let p = scores; p < end; p += 4) {
      const weight = v128.load32_splat(p)
      s0 = f32x4.relaxed_madd(smallFromHalf(v, bits), weight, s0)
      s1 = f32x4.relaxed_madd(smallFromHalf(v + 8, bits), weight, s1)
      s2 = f32x4.relaxed_madd(smallFromHalf(v + 16, bits), weight, s2)
      s3 = f32x4.relaxed_madd(smallFromHalf(v + 24, bits), weight, s3)
      s4 = f32x4.relaxed_madd(smallFromHalf(v + 32, bits), weight, s4)
      s5 = f32x4.relaxed_madd(smallFromHalf(v + 40, bits), weight, s5)
      s6 = f32x4.relaxed_madd(smallFromHalf(v + 48, bits), weight, s6)
      s7 = f32x4.relaxed_madd(smallFromHalf(v + 56, bits), weight, s7)
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
  for (; i < dim; i += 4) mixRest(scores, values + (i << 1), rowBytes, rows, by, y + (i << 2))
}

/** The same for four queries, each row read once: y, `yBytes` apart. */
function mixFour(scores: usize, scoreBytes: usize, values: usize, dim: usize, rows: usize, factors: v128, y: usize, yBytes: usize): void {
  const bits = kept(halfBits)
  const rowBytes = dim << 1
  const fa = v128.shuffle<f32>(factors, factors, 0, 0, 0, 0), fb = v128.shuffle<f32>(factors, factors, 1, 1, 1, 1)
  const fc = v128.shuffle<f32>(factors, factors, 2, 2, 2, 2), fd = v128.shuffle<f32>(factors, factors, 3, 3, 3, 3)
  const second = y + yBytes, third = second + yBytes, fourth = third + yBytes
  let i: usize = 0
  for (; i + 8 <= dim; i += 8) {
    let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0
    let v = values + (i << 1)
    let a = scores, b = a + scoreBytes, c = b + scoreBytes, d = c + scoreBytes
    for (const end = scores + (rows << 2); a < end; a += 4) {
      const low = smallFromHalf(v, bits), high = smallFromHalf(v + 8, bits)
      let weight = v128.load32_splat(a)
      a0 = f32x4.relaxed_madd(low, weight, a0), a1 = f32x4.relaxed_madd(high, weight, a1)
      weight = v128.load32_splat(b)
      b0 = f32x4.relaxed_madd(low, weight, b0), b1 = f32x4.relaxed_madd(high, weight, b1)
      weight = v128.load32_splat(c)
      c0 = f32x4.relaxed_madd(low, weight, c0), c1 = f32x4.relaxed_madd(high, weight, c1)
      weight = v128.load32_splat(d)
      d0 = f32x4.relaxed_madd(low, weight, d0), d1 = f32x4.relaxed_madd(high, weight, d1)
      b += 4
      c += 4
      d += 4
      v += rowBytes
    }
    const at = i << 2
    store8(y + at, f32x4.mul(a0, fa), f32x4.mul(a1, fa))
    store8(second + at, f32x4.mul(b0, fb), f32x4.mul(b1, fb))
    store8(third + at, f32x4.mul(c0, fc), f32x4.mul(c1, fc))
    store8(fourth + at, f32x4.mul(d0, fd), f32x4.mul(d1, fd))
  }
  // A head of 4, 12, … dimensions ends with half a step.
  if (i < dim) {
    const at = i << 2, from = values + (i << 1)
    mixRest(scores, from, rowBytes, rows, fa, y + at)
    mixRest(scores + scoreBytes, from, rowBytes, rows, fb, second + at)
    mixRest(scores + scoreBytes * 2, from, rowBytes, rows, fc, third + at)
    mixRest(scores + scoreBytes * 3, from, rowBytes, rows, fd, fourth + at)
  }
}

/** Four dimensions of one query. */
function mixRest(scores: usize, values: usize, rowBytes: usize, rows: usize, factor: v128, y: usize): void {
  const bits = kept(halfBits)
  let s = f32x4.splat(0)
  for (const end = scores + (rows << 2); scores < end; scores += 4) {
    s = f32x4.relaxed_madd(smallFromHalf(values, bits), v128.load32_splat(scores), s)
    values += rowBytes
  }
  v128.store(y, f32x4.mul(s, factor))
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
  const bits = kept(halfBits)
  const dim = field(at, plan.headDim)
  const width = field(at, plan.width)
  const scale = f32x4.splat(halfScale)
  for (let head: usize = 0; head < field(at, plan.heads); head++) {
    const source = headRows(at, which, layer, head)
    for (let t: usize = 0; t < n; t++) {
      for (let i: usize = 0; i < dim; i += 4) {
        v128.store(rows + ((t * width + head * dim + i) << 2), f32x4.mul(smallFromHalf(source + (((from + t) * dim + i) << 1), bits), scale))
      }
    }
  }
}
