import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Tokenizer } from '../../src/language/tokenizer'
import { PredictingModel } from './predictingModel'

/** Runs of one length, in the order of their keys; see ngram.py. */
interface Runs {
  readonly keys: Float64Array
  readonly counts: Float64Array
}

/** Taken from every count for what was never seen (absolute discounting: Ney, Essen & Kneser 1994). */
const discount = 0.75

/** Interpolated counts of runs of up to four tokens, as ngram.py wrote them. */
export class NgramModel extends PredictingModel {
  private readonly vocabulary: number
  /** By the length of the run, less one. */
  private readonly runs: readonly Runs[]
  /** [vocabulary] */
  private readonly single: Float64Array

  constructor(tokenizer: Tokenizer, file: string) {
    super('n-grams', tokenizer)
    const next = numbersOf(gunzipSync(readFileSync(file)))
    this.vocabulary = next()
    this.runs = Array.from({ length: 4 }, () => {
      const length = next()
      const keys = new Float64Array(length)
      for (let i = 0, key = 0; i < length; i++) keys[i] = key += next()
      return { keys, counts: Float64Array.from({ length }, next) }
    })
    // Everything may come: as if every token had been seen once more.
    this.single = new Float64Array(this.vocabulary).fill(1)
    const [first] = this.runs
    first?.keys.forEach((id, i) => (this.single[id] = 1 + (first.counts[i] ?? 0)))
    const total = this.single.reduce((sum, count) => sum + count, 0)
    this.single.forEach((count, id) => (this.single[id] = count / total))
  }

  override predict(tokens: readonly number[]): Float32Array {
    const base = this.vocabulary + 1
    let probabilities = this.single
    for (let order = 2; order <= this.runs.length && order - 1 <= tokens.length; order++) {
      const context = tokens.slice(tokens.length - order + 1).reduce((key, id) => key * base + id, 0)
      const runs = this.runs[order - 1]
      if (runs) probabilities = this.interpolated(probabilities, runs, context * base)
    }
    return Float32Array.from(probabilities, Math.log)
  }

  /** @param first the lowest key that a run behind these tokens may have */
  private interpolated(shorter: Float64Array, { keys, counts }: Runs, first: number): Float64Array {
    const from = lowerBound(keys, first)
    const to = lowerBound(keys, first + this.vocabulary + 1)
    if (from === to) return shorter
    let total = 0
    let kept = 0
    for (let i = from; i < to; i++) {
      total += counts[i] ?? 0
      if ((keys[i] ?? 0) - first < this.vocabulary) kept += (counts[i] ?? 0) - discount
    }
    const mixed = shorter.map((probability) => probability * (1 - kept / total))
    for (let i = from; i < to; i++) {
      const id = (keys[i] ?? 0) - first
      if (id < this.vocabulary) mixed[id] = (mixed[id] ?? 0) + ((counts[i] ?? 0) - discount) / total
    }
    return mixed
  }
}

/** Index of the first key that is not below `key`. */
function lowerBound(keys: Float64Array, key: number): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] ?? 0) < key) low = middle + 1
    else high = middle
  }
  return low
}

/** Reads LEB128 numbers one after another. */
function numbersOf(bytes: Uint8Array): () => number {
  let at = 0
  return () => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }
}
