import { exp4, sum4, largest4 } from './numbers'
import { claim, field } from './threads'
import * as plan from './plan'

/**
 * Says of each row of logits how likely the token was that followed, with the rows that this thread gets hold of: f32 [m, 4] with
 * the logarithm of the sum of all exponentials, the entropy in nats and how many tokens are likelier.
 */
export function scoreRows(at: usize, m: usize): void {
  const count = field(at, plan.tokens)
  const rowBytes = field(at, plan.vocabulary) << 2
  for (;;) {
    const t = claim(at, 1)
    if (t >= m) return
    const logits = field(at, plan.logits) + t * rowBytes
    // What fills the last group up is not to count.
    for (let p = logits + (count << 2); p < logits + rowBytes; p += 4) store<f32>(p, -Infinity)
    scoreRow(logits, rowBytes, load<f32>(logits + ((<usize>load<u32>(field(at, plan.targets) + (t << 2))) << 2)), field(at, plan.scores) + (t << 4))
  }
}

function scoreRow(logits: usize, rowBytes: usize, target: f32, to: usize): void {
  const end = logits + rowBytes
  let most = f32x4.splat(-Infinity)
  for (let p = logits; p < end; p += 16) most = f32x4.max(most, v128.load(p))
  const highest = largest4(most)
  const from = f32x4.splat(highest), its = f32x4.splat(target)
  let sums = f32x4.splat(0), weighted = sums, likelier = i32x4.splat(0)
  for (let p = logits; p < end; p += 16) {
    const four = v128.load(p)
    // So that what is infinitely far below adds nothing.
    const below = f32x4.max(f32x4.sub(four, from), f32x4.splat(-100))
    const weights = exp4(below)
    sums = f32x4.add(sums, weights)
    weighted = f32x4.relaxed_madd(weights, below, weighted)
    likelier = i32x4.sub(likelier, f32x4.gt(four, its))
  }
  const sum = sum4(sums), logarithm = <f32>Math.log(<f64>sum)
  store<f32>(to, highest + logarithm)
  // The entropy is log Σ eˣ less the mean of x, and both are taken from the highest x on.
  store<f32>(to, logarithm - sum4(weighted) / sum, 4)
  store<f32>(to, <f32>(i32x4.extract_lane(likelier, 0) + i32x4.extract_lane(likelier, 1) + i32x4.extract_lane(likelier, 2) + i32x4.extract_lane(likelier, 3)), 8)
}
