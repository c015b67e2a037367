import { digitCount } from './network'

/** Joins each label's one-hot vector, times `strength`, to its row: [n, width] and [n] → [n, width + 10]. */
export function joinLabels(rows: Float32Array, labels: Uint8Array, width: number, strength: number): Float32Array {
  const joined = new Float32Array(labels.length * (width + digitCount))
  labels.forEach((label, i) => {
    const at = i * (width + digitCount)
    joined.set(rows.subarray(i * width, (i + 1) * width), at)
    joined[at + width + label] = strength
  })
  return joined
}
