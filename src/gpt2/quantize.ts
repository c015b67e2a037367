/**
 * Block quantization for ONNX Runtime's MatMulNBits and GatherBlockQuantized: every row is cut into blocks along its
 * length, and a block has one scale. value ≈ scale · (code − 2^(bits−1)).
 */
export interface QuantizedRows {
  /** [rows, blocks, blockSize · bits / 8]; of 4-bit codes two lie in a byte, the first in the lower half */
  readonly codes: Uint8Array
  /** [rows, blocks] */
  readonly scales: Float32Array
}

export type Bits = 4 | 8

/**
 * Block length for rows of `length`: `preferred` where it divides them, else the longest that does, else the shortest,
 * with the last block filled up with zeros.
 */
export function blockSizeFor(length: number, preferred: 32 | 128): number {
  for (let size: number = preferred; size >= 16; size /= 2) {
    if (length % size === 0) return size
  }
  return 16
}

/** @param values [rows, columns], float32, finite */
export function quantizeRows(values: Float32Array, columns: number, blockSize: number, bits: Bits): QuantizedRows {
  const rows = values.length / columns
  const blocks = Math.ceil(columns / blockSize)
  const codes = new Uint8Array((rows * blocks * blockSize * bits) / 8)
  const scales = new Float32Array(rows * blocks)
  const quantizeBlock = bits === 8 ? quantizeBlock8 : quantizeBlock4
  const block = new Float32Array(blockSize)
  for (let row = 0; row < rows; row++) {
    for (let b = 0; b < blocks; b++) {
      const from = row * columns + b * blockSize
      const to = Math.min(from + blockSize, (row + 1) * columns)
      block.fill(0)
      block.set(values.subarray(from, to))
      const index = row * blocks + b
      scales[index] = quantizeBlock(block, codes, (index * blockSize * bits) / 8)
    }
  }
  return { codes, scales }
}

/** The largest magnitude becomes ±127; nothing is cut off. @returns the scale */
function quantizeBlock8(block: Float32Array, codes: Uint8Array, at: number): number {
  let largest = 0
  for (let i = 0; i < block.length; i++) largest = Math.max(largest, Math.abs(block[i] ?? 0))
  const scale = Math.fround(largest / 127)
  const inverse = scale === 0 ? 0 : 1 / scale
  for (let i = 0; i < block.length; i++) codes[at + i] = clamp(Math.round((block[i] ?? 0) * inverse) + 128, 0, 255)
  return scale
}

/**
 * Codes reach from −8 to 7, so the value of largest magnitude takes −8 and the scale takes its sign: one more step of
 * resolution. @returns the scale
 */
function quantizeBlock4(block: Float32Array, codes: Uint8Array, at: number): number {
  let extreme = 0
  for (let i = 0; i < block.length; i++) {
    const value = block[i] ?? 0
    if (Math.abs(value) > Math.abs(extreme)) extreme = value
  }
  const scale = Math.fround(extreme / -8)
  const inverse = scale === 0 ? 0 : 1 / scale
  for (let i = 0; i < block.length; i += 2) {
    const low = clamp(Math.round((block[i] ?? 0) * inverse) + 8, 0, 15)
    const high = clamp(Math.round((block[i + 1] ?? 0) * inverse) + 8, 0, 15)
    codes[at + i / 2] = low | (high << 4)
  }
  return scale
}

function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value
}

/** [rows, columns] → [columns, rows], in tiles so that both sides stay in the cache. */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const tile = 32
  const out = new Float32Array(values.length)
  for (let r0 = 0; r0 < rows; r0 += tile) {
    const r1 = Math.min(r0 + tile, rows)
    for (let c0 = 0; c0 < columns; c0 += tile) {
      const c1 = Math.min(c0 + tile, columns)
      for (let c = c0; c < c1; c++) {
        for (let r = r0; r < r1; r++) out[c * rows + r] = values[r * columns + c] ?? 0
      }
    }
  }
  return out
}
