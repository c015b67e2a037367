import { exp4, fitsHalf, halfBits, halfScale, highHalves, kept, largest4, lowHalves, smallFromHalf, store16, store8, storeHalf, sum4, sumEach } from './numbers'
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

/** Room for four pairs of vectors. */
const pairsBytes: usize = 128

/** From so many queries on it pays to spread a head's keys and values out for them. */
const fewestSpread: usize = 16

/**
 * Puts the new keys and values into the cache and attends, with the heads that this thread gets hold of. What comes out for a
 * token does not depend on how many others there are, but for prompts.
 * @param wanted answers are for so many tokens, the first ones or those that `rows` names: y [wanted, width]
 * @param scores room of this thread for four rows of the cache, with `pairsBytes` and four queries in front
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
  const queries = scores + pairsBytes
  const queryBytes = dim << 2
  scores = queries + queryBytes * together
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
  const halves = query - pairsBytes
  const bits = kept(halfBits)
  const rowBytes = dim << 1, evenBytes = rowBytes & ~15
  for (let row: usize = 0; row < rows; row += 4) {
    const a = keys + row * rowBytes, b = a + rowBytes, c = b + rowBytes, d = c + rowBytes
    let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0
    for (let i: usize = 0; i < evenBytes; i += 16) {
      const q = query + (i << 1)
      const q0 = v128.load(q), q1 = v128.load(q, 16)
      let eight = v128.load(a + i)
      a0 = f32x4.relaxed_madd(lowHalves(eight, bits), q0, a0), a1 = f32x4.relaxed_madd(highHalves(eight, bits), q1, a1)
      eight = v128.load(b + i)
      b0 = f32x4.relaxed_madd(lowHalves(eight, bits), q0, b0), b1 = f32x4.relaxed_madd(highHalves(eight, bits), q1, b1)
      eight = v128.load(c + i)
      c0 = f32x4.relaxed_madd(lowHalves(eight, bits), q0, c0), c1 = f32x4.relaxed_madd(highHalves(eight, bits), q1, c1)
      eight = v128.load(d + i)
      d0 = f32x4.relaxed_madd(lowHalves(eight, bits), q0, d0), d1 = f32x4.relaxed_madd(highHalves(eight, bits), q1, d1)
    }
    let sums = sumPairs(halves, a0, a1, b0, b1, c0, c1, d0, d1)
    if (evenBytes < rowBytes) {
      const q = v128.load(query + (evenBytes << 1))
      sums = f32x4.add(sums, sumEach(f32x4.mul(smallFromHalf(a + evenBytes, bits), q), f32x4.mul(smallFromHalf(b + evenBytes, bits), q), f32x4.mul(smallFromHalf(c + evenBytes, bits), q), f32x4.mul(smallFromHalf(d + evenBytes, bits), q)))
    }
    v128.store(scores + (row << 2), sums)
  }
}

/** The sum of each of four pairs of vectors. @param room `pairsBytes`: stores let V8 make one vector of a pair up to here */
@inline
function sumPairs(room: usize, a0: v128, a1: v128, b0: v128, b1: v128, c0: v128, c1: v128, d0: v128, d1: v128): v128 {
  store8(room, a0, a1)
  store8(room + 32, b0, b1)
  store8(room + 64, c0, c1)
  store8(room + 96, d0, d1)
  return sumEach(sumPair(room), sumPair(room + 32), sumPair(room + 64), sumPair(room + 96))
}

@inline
function sumPair(at: usize): v128 {
  return f32x4.add(v128.load(at), v128.load(at, 16))
}

/** The same for four queries, each row read once. */
function compareFour(queries: usize, keys: usize, dim: usize, rows: usize, scores: usize, scoreBytes: usize): void {
  const halves = queries - pairsBytes
  const bits = kept(halfBits)
  const rowBytes = dim << 1, queryBytes = dim << 2, evenBytes = rowBytes & ~15
  const second = scores + scoreBytes, third = second + scoreBytes, fourth = third + scoreBytes
  let key = keys
  for (let row: usize = 0; row < rows << 2; row += 4) {
    let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0
    let q = queries
    for (const end = key + evenBytes; key < end; key += 16) {
      const eight = v128.load(key)
      const k0 = lowHalves(eight, bits), k1 = highHalves(eight, bits)
      a0 = f32x4.relaxed_madd(k0, v128.load(q), a0), a1 = f32x4.relaxed_madd(k1, v128.load(q, 16), a1)
      const qb = q + queryBytes
      b0 = f32x4.relaxed_madd(k0, v128.load(qb), b0), b1 = f32x4.relaxed_madd(k1, v128.load(qb, 16), b1)
      const qc = qb + queryBytes
      c0 = f32x4.relaxed_madd(k0, v128.load(qc), c0), c1 = f32x4.relaxed_madd(k1, v128.load(qc, 16), c1)
      const qd = qc + queryBytes
      d0 = f32x4.relaxed_madd(k0, v128.load(qd), d0), d1 = f32x4.relaxed_madd(k1, v128.load(qd, 16), d1)
      q += 32
    }
    let sums = sumPairs(halves, a0, a1, b0, b1, c0, c1, d0, d1)
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

/** Rows whose values are read one behind the other, which processors fetch ahead: so few that they stay in the nearest cache for all dimensions. */
const mixedRows: usize = 16

/** y = factor · Σ score · value, over the rows. */
function mixOne(scores: usize, values: usize, dim: usize, rows: usize, factor: f32, y: usize): void {
  memory.fill(y, 0, dim << 2)
  for (let from: usize = 0; from < rows; from += mixedRows) mixSome(scores + (from << 2), values + ((from * dim) << 1), dim, min(mixedRows, rows - from), y)
  scaleRow(y, dim, f32x4.splat(factor))
}

/** The same for four queries, each row read once: y, `yBytes` apart. */
function mixFour(scores: usize, scoreBytes: usize, values: usize, dim: usize, rows: usize, factors: v128, y: usize, yBytes: usize): void {
  for (let q: usize = 0; q < together; q++) memory.fill(y + q * yBytes, 0, dim << 2)
  for (let from: usize = 0; from < rows; from += mixedRows) mixSomeFour(scores + (from << 2), scoreBytes, values + ((from * dim) << 1), dim, min(mixedRows, rows - from), y, yBytes)
  scaleRow(y, dim, v128.shuffle<f32>(factors, factors, 0, 0, 0, 0))
  scaleRow(y + yBytes, dim, v128.shuffle<f32>(factors, factors, 1, 1, 1, 1))
  scaleRow(y + yBytes * 2, dim, v128.shuffle<f32>(factors, factors, 2, 2, 2, 2))
  scaleRow(y + yBytes * 3, dim, v128.shuffle<f32>(factors, factors, 3, 3, 3, 3))
}

@inline
function scaleRow(y: usize, dim: usize, factor: v128): void {
  for (const end = y + (dim << 2); y < end; y += 16) v128.store(y, f32x4.mul(v128.load(y), factor))
}

/** y += Σ score · value. */
function mixSome(scores: usize, values: usize, dim: usize, rows: usize, y: usize): void {
  const bits = kept(halfBits)
  const rowBytes = dim << 1
  const end = scores + (rows << 2)
  let i: usize = 0
  for (; i + 32 <= dim; i += 32) {
    const to = y + (i << 2)
    let s0 = v128.load(to), s1 = v128.load(to, 16), s2 = v128.load(to, 32), s3 = v128.load(to, 48)
    let s4 = v128.load(to, 64), s5 = v128.load(to, 80), s6 = v128.load(to, 96), s7 = v128.load(to, 112)
    let v = values + (i << 1)
    for (let p = scores; p < end; p += 4) {
      const weight = v128.load32_splat(p)
      const u0 = v128.load(v), u1 = v128.load(v, 16), u2 = v128.load(v, 32), u3 = v128.load(v, 48)
      s0 = f32x4.relaxed_madd(lowHalves(u0, bits), weight, s0), s1 = f32x4.relaxed_madd(highHalves(u0, bits), weight, s1)
      s2 = f32x4.relaxed_madd(lowHalves(u1, bits), weight, s2), s3 = f32x4.relaxed_madd(highHalves(u1, bits), weight, s3)
      s4 = f32x4.relaxed_madd(lowHalves(u2, bits), weight, s4), s5 = f32x4.relaxed_madd(highHalves(u2, bits), weight, s5)
      s6 = f32x4.relaxed_madd(lowHalves(u3, bits), weight, s6), s7 = f32x4.relaxed_madd(highHalves(u3, bits), weight, s7)
      v += rowBytes
    }
    store16(to, s0, s1, s2, s3)
    store16(to + 64, s4, s5, s6, s7)
  }
  for (; i < dim; i += 4) mixRest(scores, values + (i << 1), rowBytes, rows, y + (i << 2))
}

function mixSomeFour(scores: usize, scoreBytes: usize, values: usize, dim: usize, rows: usize, y: usize, yBytes: usize): void {
  const bits = kept(halfBits)
  const rowBytes = dim << 1
  const second = y + yBytes, third = second + yBytes, fourth = third + yBytes
  let i: usize = 0
  for (; i + 8 <= dim; i += 8) {
    const at = i << 2
    let a0 = v128.load(y + at), a1 = v128.load(y + at, 16), b0 = v128.load(second + at), b1 = v128.load(second + at, 16)
    let c0 = v128.load(third + at), c1 = v128.load(third + at, 16), d0 = v128.load(fourth + at), d1 = v128.load(fourth + at, 16)
    let v = values + (i << 1)
    let a = scores, b = a + scoreBytes, c = b + scoreBytes, d = c + scoreBytes
    for (const end = scores + (rows << 2); a < end; a += 4) {
      const eight = v128.load(v)
      const low = lowHalves(eight, bits), high = highHalves(eight, bits)
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
    store8(y + at, a0, a1)
    store8(second + at, b0, b1)
    store8(third + at, c0, c1)
    store8(fourth + at, d0, d1)
  }
  // A head of 4, 12, … dimensions ends with half a step.
  if (i < dim) {
    const at = i << 2, from = values + (i << 1)
    mixRest(scores, from, rowBytes, rows, y + at)
    mixRest(scores + scoreBytes, from, rowBytes, rows, second + at)
    mixRest(scores + scoreBytes * 2, from, rowBytes, rows, third + at)
    mixRest(scores + scoreBytes * 3, from, rowBytes, rows, fourth + at)
  }
}

/** Four dimensions of one query. */
function mixRest(scores: usize, values: usize, rowBytes: usize, rows: usize, y: usize): void {
  const bits = kept(halfBits)
  let s = v128.load(y)
  for (const end = scores + (rows << 2); scores < end; scores += 4) {
    s = f32x4.relaxed_madd(smallFromHalf(values, bits), v128.load32_splat(scores), s)
    values += rowBytes
  }
  v128.store(y, s)
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
