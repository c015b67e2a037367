import type { TokenScore } from '../../src/language/languageModel'

/** What reference.py writes down of a model: the numbers of PyTorch. */
export interface Expected {
  /** Ids. */
  readonly prompt: readonly number[]
  /** 64 tokens after the prompt. */
  readonly greedy: readonly number[]
  /** After the token of the prompt at that place. */
  readonly logits: readonly { readonly position: number; readonly values: readonly number[] }[]
  /** Of every token of the prompt but the first. */
  readonly scores: readonly TokenScore[]
}

export function argmax(values: ArrayLike<number>): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i
  return best
}

/** Largest difference, as a share of the largest expected magnitude. */
export function relativeError(actual: ArrayLike<number>, expected: readonly number[]): number {
  const scale = Math.max(...expected.map(Math.abs))
  return Math.max(...expected.map((value, i) => Math.abs((actual[i] ?? NaN) - value))) / scale
}

/** Kullback–Leibler divergence of softmax(actual) from softmax(expected), in nats. */
export function divergence(expected: readonly number[], actual: ArrayLike<number>): number {
  const p = logSoftmax(expected)
  const q = logSoftmax(Array.from(actual))
  return p.reduce((sum, logprob, i) => sum + Math.exp(logprob) * (logprob - (q[i] ?? NaN)), 0)
}

function logSoftmax(logits: readonly number[]): readonly number[] {
  const largest = Math.max(...logits)
  const logSum = largest + Math.log(logits.reduce((sum, value) => sum + Math.exp(value - largest), 0))
  return logits.map((value) => value - logSum)
}
