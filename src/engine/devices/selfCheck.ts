import type { LanguageModel } from '../../language/languageModel'
import { samplePrompt } from './samplePrompt'

/**
 * How far a device's logits may be from the processor's: the length of their difference over the length of the
 * processor's logits, both without their mean, which the softmax does not see.
 *
 * fp32: two correct programs differ by rounding alone, 1e-6 here between the CPU and WebGPU; drivers that compute in
 * half precision stay below 1e-2. fp16: the processor computes in single precision all the same, and devices do not; layer by
 * layer that adds up. Quantized: the processor's kernels round the activations to 8 bits as well and the
 * devices' do not, so the reference itself is off, by 1 to 4 % on the embedded model and on random ones. A device that
 * is wrong, because it lost rows of the cache, read a buffer of other shape, or multiplied by weights in another order,
 * gives logits that have nothing to do with the right ones: a distance about 1 or more.
 */
const tolerance: Readonly<Record<LanguageModel['description']['precision'], number>> = { fp32: 0.01, fp16: 0.05, int8: 0.15, int4: 0.15 }

/** Tokens that run at once, and those that follow one by one on the cache. */
const together = 12
const alone = 2

export interface SelfCheck {
  readonly passed: boolean
  /** The largest distance of all steps; not a number when the device answered with such. */
  readonly distance: number
}

/** Lets two copies of a model read the same short text and compares what they say: a prompt at once, words after it, and a second way on from the middle. */
export async function selfCheck(model: LanguageModel, reference: LanguageModel): Promise<SelfCheck> {
  const expected = await answers(reference)
  const actual = await answers(model)
  const distances = actual.map((logits, i) => distance(logits, expected[i] ?? new Float32Array(0)))
  const largest = distances.some(Number.isNaN) ? NaN : Math.max(...distances)
  return { passed: largest <= tolerance[reference.description.precision], distance: largest }
}

async function answers(model: LanguageModel): Promise<readonly Float32Array[]> {
  const ids = samplePrompt(model, together + alone)
  const context = model.open()
  const logits: Float32Array[] = []
  // What a context gives is valid until the next call.
  const read = async (from: number, to: number): Promise<void> => void logits.push((await context.extend(ids.subarray(from, to))).slice())
  try {
    const first = Math.max(1, ids.length - alone)
    await read(0, first)
    for (let i = first; i < ids.length; i++) await read(i, i + 1)
    const half = Math.ceil(first / 2)
    context.truncate(half)
    await read(half, half + 1)
  } finally {
    context.dispose()
  }
  return logits
}

/** @param actual @param expected logits [vocabulary] */
export function distance(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length || actual.length === 0) return NaN
  const [meanA, meanB] = [mean(actual), mean(expected)]
  let difference = 0
  let size = 0
  for (const [i, value] of expected.entries()) {
    const b = value - meanB
    const a = (actual[i] ?? 0) - meanA
    difference += (a - b) ** 2
    size += b ** 2
  }
  return size === 0 ? (difference === 0 ? 0 : Infinity) : Math.sqrt(difference / size)
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
