import { roundTo8 } from './activations'
import { kept, largest4, sum4 } from './numbers'
import { exactRow } from './exactProducts'
import { fourBits, fourDots } from './fourProducts'
import { stepRows } from './rows'
import { claim, field } from './threads'
import * as plan from './plan'

/**
 * The head in two readings. The upper four bits of its codes say roughly what each logit is, and how far off that may be; rows
 * are read whole only where the logit may be one of the highest. What is read whole has the very numbers of the full head.
 * Everything is decided for each token by itself, in groups of 16 rows.
 */

/** A code's upper half n stands for 16 n - 128 to 16 n - 113. */
const step: f32 = 16
const lowest: f32 = 128
/** Variance of what rounding an activation takes off, in its steps squared, times a code's mean square, taken as 64². */
const activationVariance: f32 = 4096 / 12
/** Standard deviations that an estimate is off at most: of 10⁹ estimates two are off by more. */
const mostOff: f32 = 6
/** Groups that a thread takes at a time: they are many. */
const pieceGroups: usize = 8

/**
 * Rounds a row for the preview: codes i8 [columns], and for each block their scale, what the codes' lower halves and the
 * number that upper ones begin at add, and what they add to the variance; the last two for weights of a scale of 1.
 * @param lower f32 [2, columns]: mean and variance of the lower halves over a column
 */
export function roundForPreview(row: usize, columns: usize, block: usize, lower: usize, codes: usize, scales: usize, offsets: usize, variances: usize): void {
  roundTo8(row, columns, block, codes, scales, offsets)
  const columnBytes = columns << 2
  for (const end = row + columnBytes; row < end; ) {
    let sums = f32x4.splat(0), squares = f32x4.splat(0)
    for (const until = row + (block << 2); row < until; row += 16) {
      const four = v128.load(row)
      sums = f32x4.relaxed_madd(four, v128.load(lower), sums)
      squares = f32x4.relaxed_madd(f32x4.mul(four, four), v128.load(lower + columnBytes), squares)
      lower += 16
    }
    const scale = load<f32>(scales)
    store<f32>(offsets, sum4(sums) - lowest * load<f32>(offsets))
    store<f32>(variances, sum4(squares) + activationVariance * <f32>block * scale * scale)
    scales += 4
    offsets += 4
    variances += 4
  }
}

/** Estimates all logits, with the part of the groups that this thread gets hold of: see `estimate`. */
export function preview(at: usize, m: usize, columns: usize, block: usize): void {
  const groups = field(at, plan.vocabulary) / stepRows
  const blocks = columns / block
  const codes = field(at, plan.preview)
  const scales = field(at + plan.headMatrix, plan.matrixScales)
  for (;;) {
    const from = claim(at, pieceGroups)
    if (from >= groups) return
    const until = min(from + pieceGroups, groups)
    for (let group = from; group < until; group++) {
      for (let t: usize = 0; t < m; t++) {
        const its = (t * blocks) << 2
        const place = (t * groups + group) << 2
        estimate(codes + group * columns * 8, scales + group * blocks * 64, field(at, plan.previewCodes) + t * columns, field(at, plan.previewScales) + its, field(at, plan.previewOffsets) + its, field(at, plan.previewVariances) + its, columns, block, field(at, plan.logits) + place * stepRows, field(at, plan.estimates) + place, field(at, plan.bounds) + place)
      }
    }
  }
}

/**
 * 16 rows, one token: logits so that their exponentials are right on average.
 * @param largest gets the highest estimate, `bound` what none of the logits exceeds
 */
function estimate(at: usize, scale: usize, x: usize, xScale: usize, xOffset: usize, xVariance: usize, columns: usize, block: usize, y: usize, largest: usize, bound: usize): void {
  const bits = kept(fourBits)
  let y0 = f32x4.splat(0), y1 = y0, y2 = y0, y3 = y0
  let v0 = y0, v1 = y0, v2 = y0, v3 = y0
  for (const end = at + columns * 8; at < end; ) {
    let t0 = i32x4.splat(0), t1 = t0, t2 = t0, t3 = t0
    for (const blockEnd = at + block * 8; at < blockEnd; ) {
      let s0 = i16x8.splat(0), s1 = s0, s2 = s0, s3 = s0
      // 16 bits hold the sums of 32 columns.
      for (const until = at + 256; at < until; at += 128) {
        let first = v128.load32_splat(x), second = v128.load32_splat(x, 4)
        s0 = fourDots(s0, v128.load(at), bits, first, second)
        s1 = fourDots(s1, v128.load(at, 16), bits, first, second)
        s2 = fourDots(s2, v128.load(at, 32), bits, first, second)
        s3 = fourDots(s3, v128.load(at, 48), bits, first, second)
        first = v128.load32_splat(x, 8), second = v128.load32_splat(x, 12)
        s0 = fourDots(s0, v128.load(at, 64), bits, first, second)
        s1 = fourDots(s1, v128.load(at, 80), bits, first, second)
        s2 = fourDots(s2, v128.load(at, 96), bits, first, second)
        s3 = fourDots(s3, v128.load(at, 112), bits, first, second)
        x += 16
      }
      t0 = i32x4.add(t0, i32x4.extadd_pairwise_i16x8_s(s0))
      t1 = i32x4.add(t1, i32x4.extadd_pairwise_i16x8_s(s1))
      t2 = i32x4.add(t2, i32x4.extadd_pairwise_i16x8_s(s2))
      t3 = i32x4.add(t3, i32x4.extadd_pairwise_i16x8_s(s3))
    }
    const by = f32x4.splat(step * load<f32>(xScale)), offset = v128.load32_splat(xOffset), variance = v128.load32_splat(xVariance)
    const scales0 = v128.load(scale), scales1 = v128.load(scale, 16), scales2 = v128.load(scale, 32), scales3 = v128.load(scale, 48)
    y0 = f32x4.relaxed_madd(scaled(t0, by, offset), scales0, y0)
    y1 = f32x4.relaxed_madd(scaled(t1, by, offset), scales1, y1)
    y2 = f32x4.relaxed_madd(scaled(t2, by, offset), scales2, y2)
    y3 = f32x4.relaxed_madd(scaled(t3, by, offset), scales3, y3)
    v0 = f32x4.relaxed_madd(f32x4.mul(scales0, scales0), variance, v0)
    v1 = f32x4.relaxed_madd(f32x4.mul(scales1, scales1), variance, v1)
    v2 = f32x4.relaxed_madd(f32x4.mul(scales2, scales2), variance, v2)
    v3 = f32x4.relaxed_madd(f32x4.mul(scales3, scales3), variance, v3)
    scale += 64
    xScale += 4
    xOffset += 4
    xVariance += 4
  }
  // Where x is normal around an estimate, e^x is on average e^(estimate + variance / 2).
  const half = f32x4.splat(0.5)
  v128.store(y, f32x4.relaxed_madd(v0, half, y0))
  v128.store(y, f32x4.relaxed_madd(v1, half, y1), 16)
  v128.store(y, f32x4.relaxed_madd(v2, half, y2), 32)
  v128.store(y, f32x4.relaxed_madd(v3, half, y3), 48)
  store<f32>(largest, largest4(f32x4.max(f32x4.max(y0, y1), f32x4.max(y2, y3))))
  store<f32>(bound, largest4(f32x4.max(f32x4.max(upper(y0, v0), upper(y1, v1)), f32x4.max(upper(y2, v2), upper(y3, v3)))))
}

/** A block of weights whose scale is 1: (products of upper halves · 16 + what is the same for all rows). */
@inline
function scaled(products: v128, by: v128, offset: v128): v128 {
  return f32x4.relaxed_madd(f32x4.convert_i32x4_s(products), by, offset)
}

/** What x is not above. */
@inline
function upper(x: v128, variance: v128): v128 {
  return f32x4.relaxed_madd(f32x4.sqrt(variance), f32x4.splat(mostOff), x)
}

/**
 * Decides for each token that this thread gets hold of from which bound on a group is read whole. The group with the highest
 * estimate is read for it: no logit below its highest, less what `within` says, has to be exact. Where that leaves more than a
 * quarter of them, all are: logits are flat.
 * @param room 64 bytes of this thread's own
 */
export function decide(at: usize, m: usize, columns: usize, block: usize, room: usize): void {
  const groups = field(at, plan.vocabulary) / stepRows
  for (;;) {
    const t = claim(at, 1)
    if (t >= m) return
    const bounds = field(at, plan.bounds) + ((t * groups) << 2)
    const best = placeOfLargest(field(at, plan.estimates) + ((t * groups) << 2), groups - 1)
    readWhole(at, t, best, columns, block, room)
    const highest = f32x4.max(f32x4.max(v128.load(room), v128.load(room, 16)), f32x4.max(v128.load(room, 32), v128.load(room, 48)))
    const from = largest4(highest) - load<f32>(at, plan.within)
    // This group is read whatever its bound, and so is the last one, which is not looked at because it may be filled up.
    store<f32>(bounds + (best << 2), Infinity)
    store<f32>(bounds + ((groups - 1) << 2), Infinity)
    let count: usize = 0
    for (let i: usize = 0; i < groups; i++) if (load<f32>(bounds + (i << 2)) >= from) count++
    store<f32>(field(at, plan.thresholds) + (t << 2), count > groups >> 2 ? -Infinity : from)
  }
}

/** Reads whole what was decided on, with the part of the groups that this thread gets hold of. */
export function readDecided(at: usize, m: usize, columns: usize, block: usize): void {
  const groups = field(at, plan.vocabulary) / stepRows
  for (;;) {
    const from = claim(at, pieceGroups)
    if (from >= groups) return
    const until = min(from + pieceGroups, groups)
    for (let group = from; group < until; group++) {
      for (let t: usize = 0; t < m; t++) {
        const place = t * groups + group
        if (load<f32>(field(at, plan.bounds) + (place << 2)) >= load<f32>(field(at, plan.thresholds) + (t << 2))) readWhole(at, t, group, columns, block, field(at, plan.logits) + ((place * stepRows) << 2))
      }
    }
  }
}

/** A group's logits for token `t`, as the full head gives them: f32 [16]. */
function readWhole(at: usize, t: usize, group: usize, columns: usize, block: usize, y: usize): void {
  const matrix = at + plan.headMatrix
  const codes = field(matrix, 0) + group * columns * stepRows
  const scales = field(matrix, plan.matrixScales) + group * (columns / block) * 64
  exactRow(codes, scales, field(at, plan.codes) + ((t * columns) << 1), load<f32>(field(at, plan.codeScales) + (t << 2)), columns, block, y, 0, false)
}

function placeOfLargest(values: usize, count: usize): usize {
  let place: usize = 0
  let largest: f32 = -Infinity
  for (let i: usize = 0; i < count; i++) {
    const value = load<f32>(values + (i << 2))
    if (value > largest) {
      largest = value
      place = i
    }
  }
  return place
}
