import { InklingError } from '../base/errors'
import type { TokenScore } from './languageModel'
import { indexOfHighest } from './probabilities'

/**
 * How likely tokens were.
 * @param logits [targets.length, vocabulary], natural scale
 * @param targets the token that followed each row
 * @param alternatives how many of the likeliest tokens to list
 * @throws InklingError `numbers-not-finite`
 */
export function scoreLogits(logits: Float32Array, targets: Int32Array, alternatives: number, vocabulary: number): TokenScore[] {
  return Array.from(targets, (id, row) => scoreToken(logits.subarray(row * vocabulary, (row + 1) * vocabulary), id, alternatives))
}

function scoreToken(logits: Float32Array, id: number, alternatives: number): TokenScore {
  const highest = logits[indexOfHighest(logits)] ?? NaN
  const target = logits[id] ?? NaN
  let sum = 0
  let weighted = 0
  let rank = 0
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i] ?? 0
    const below = logit - highest
    const weight = expBelow(below)
    sum += weight
    weighted += weight * below
    if (logit > target) rank++
  }
  const logSum = highest + Math.log(sum)
  // The entropy is log Σ eˣ less the mean of x, and both are taken from the highest x on.
  const entropy = Math.log(sum) - weighted / sum
  if (!Number.isFinite(logSum) || !Number.isFinite(target) || !Number.isFinite(entropy)) throw InklingError.of('numbers-not-finite', {})
  return { id, logprob: target - logSum, rank, entropy, alternatives: likeliest(logits, alternatives, logSum) }
}

/**
 * The likeliest tokens, the likeliest first; of equal ones those with the lower ids.
 * @param logSum logarithm of the sum of the logits' exponentials
 */
export function likeliest(logits: Float32Array, count: number, logSum: number): TokenScore['alternatives'] {
  return highestFew(logits, Math.min(count, logits.length)).map((id) => ({ id, logprob: (logits[id] ?? 0) - logSum }))
}

function highestFew(logits: Float32Array, count: number): readonly number[] {
  const best: number[] = []
  let lowest = count === 0 ? Infinity : -Infinity
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i] ?? 0
    if (logit <= lowest) continue
    if (best.length === count) best.pop()
    let place = best.length
    while (place > 0 && (logits[best[place - 1] ?? 0] ?? 0) < logit) place--
    best.splice(place, 0, i)
    if (best.length === count) lowest = logits[best[count - 1] ?? 0] ?? 0
  }
  return best
}

/** Added to what is between -2⁵⁰ and 2⁵⁰, it leaves the nearest whole number behind when it is taken off again. */
const wholes = 1.5 * 2 ** 52
/** Natural logarithm of the least number that counts: beside 1, e^-50 is nothing. */
const least = -50
const powers = Float64Array.from({ length: 80 }, (_, n) => 2 ** -n)

/** e^x of x ≤ 0, to 10⁻⁹; a fifth of the time that `Math.exp` takes. Not a number gives none. */
function expBelow(x: number): number {
  if (x < least) return 0
  const n = x * Math.LOG2E + wholes - wholes
  const r = x - n * Math.LN2
  // The series of e^r with |r| ≤ ln 2 / 2.
  const series = 1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040)))))))
  return series * (powers[-n] ?? NaN)
}
