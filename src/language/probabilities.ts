import { InklingError } from '../base/errors'

/**
 * Logarithm of the sum of exponentials, safe for any size of numbers; what makes log-probabilities of logits.
 * @param logits [vocabulary], natural scale; minus infinity forbids a token
 * @throws InklingError `numbers-not-finite` when one is not a number or none is finite
 */
export function logSumExp(logits: ArrayLike<number>): number {
  const highest = logits[indexOfHighest(logits)] ?? 0
  let sum = 0
  for (let i = 0; i < logits.length; i++) sum += Math.exp((logits[i] ?? 0) - highest)
  return highest + Math.log(sum)
}

/**
 * The likeliest token; of several the one with the lowest id.
 * @throws InklingError `numbers-not-finite`
 */
export function indexOfHighest(logits: ArrayLike<number>): number {
  let best = -1
  let highest = -Infinity
  for (let i = 0; i < logits.length; i++) {
    const value = logits[i] ?? 0
    if (value > highest) {
      highest = value
      best = i
    } else if (value !== value) throw notFinite()
  }
  if (best < 0 || highest === Infinity) throw notFinite()
  return best
}

/** How far the highest logit is ahead of the next, in nats. */
export function leadOfHighest(logits: ArrayLike<number>): number {
  const best = indexOfHighest(logits)
  let second = -Infinity
  for (let i = 0; i < logits.length; i++) if (i !== best) second = Math.max(second, logits[i] ?? 0)
  return (logits[best] ?? 0) - second
}

/** @throws InklingError `numbers-not-finite` when a logit is not a number, or none is finite */
export function requireFinite(logits: ArrayLike<number>): void {
  indexOfHighest(logits)
}

/** Log-probability of token `id`, in nats. */
export function logProbability(logits: ArrayLike<number>, id: number): number {
  return (logits[id] ?? -Infinity) - logSumExp(logits)
}

function notFinite(): InklingError {
  return InklingError.of('numbers-not-finite', {})
}
