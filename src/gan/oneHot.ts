import { digitCount } from './network'

/** [n] → [n, 10]: `strength` at each label's place, 0 at the others. */
export function oneHot(labels: Uint8Array, strength: number): Float32Array {
  return joinLabels(new Float32Array(0), labels, 0, strength)
}

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
