import { hidden } from './step'

/** Each of `count` new tokens sees the `past` rows before them, the new tokens before itself, and itself: [count, past + count]. */
export function causalMask(past: number, count: number): Float32Array {
  const width = past + count
  const mask = new Float32Array(count * width)
  for (let row = 0; row < count; row++) mask.fill(hidden, row * width + past + row + 1, (row + 1) * width)
  return mask
}
