/**
 * Block quantization for ONNX Runtime's MatMulNBits and GatherBlockQuantized: every row is cut into blocks along its
 * length, and a block has one scale and one zero point. value ≈ scale · (code − zero point).
 */
export interface QuantizedRows {
  /** [rows, blocks, blockSize · bits / 8]; of 4-bit codes two lie in a byte, the first in the lower half */
  readonly codes: Uint8Array
  /** [rows, blocks] */
  readonly scales: Float32Array
  /** [rows, ⌈blocks / 2⌉], two in a byte like the codes; 8-bit blocks all have 128 and none of this */
  readonly zeroPoints: Uint8Array
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
  const zeroBytes = bits === 8 ? 0 : Math.ceil(blocks / 2)
  const codes = new Uint8Array((rows * blocks * blockSize * bits) / 8)
  const scales = new Float32Array(rows * blocks)
  const zeroPoints = new Uint8Array(rows * zeroBytes)
  const padded = new Float32Array(blockSize)
  for (let row = 0; row < rows; row++) {
    for (let b = 0; b < blocks; b++) {
      const from = row * columns + b * blockSize
      const until = Math.min(from + blockSize, (row + 1) * columns)
      const block = until - from === blockSize ? values.subarray(from, until) : filled(padded, values.subarray(from, until))
      const index = row * blocks + b
      if (bits === 8) {
        scales[index] = quantizeBlock8(block, codes, index * blockSize)
      } else {
        const { scale, zeroPoint } = quantizeBlock4(block, codes, (index * blockSize) / 2)
        scales[index] = scale
        const byte = row * zeroBytes + (b >> 1)
        zeroPoints[byte] = (zeroPoints[byte] ?? 0) | (zeroPoint << (4 * (b & 1)))
      }
    }
  }
  return { codes, scales, zeroPoints }
}

/** `values` with zeros behind them. */
function filled(block: Float32Array, values: Float32Array): Float32Array {
  block.fill(0)
  block.set(values)
  return block
}

/** The largest magnitude becomes ±127; nothing is cut off. @returns the scale */
function quantizeBlock8(block: Float32Array, codes: Uint8Array, at: number): number {
  let largest = 0
  for (let i = 0; i < block.length; i++) {
    const magnitude = Math.abs(block[i] ?? 0)
    if (magnitude > largest) largest = magnitude
  }
  const scale = Math.fround(largest / 127)
  const inverse = scale === 0 ? 0 : 1 / scale
  for (let i = 0; i < block.length; i++) codes[at + i] = clamp(nearest((block[i] ?? 0) * inverse + 128), 0, 255)
  return scale
}

interface Block4 {
  readonly scale: number
  readonly zeroPoint: number
}

/** How much of the range from the smallest to the largest value the codes span: cutting off the ends can cost less than it gains. */
const spans = [1, 0.95, 0.9, 0.84]

/**
 * Sixteen steps are few, so a few grids are tried and the one with the least squared error is taken. For given codes q the
 * best scale is Σxq / Σq² (least squares), and the error it leaves is Σx² − (Σxq)² / Σq²: one pass for each grid.
 */
function quantizeBlock4(block: Float32Array, codes: Uint8Array, at: number): Block4 {
  let low = 0
  let high = 0
  for (let i = 0; i < block.length; i++) {
    low = Math.min(low, block[i] ?? 0)
    high = Math.max(high, block[i] ?? 0)
  }
  let best = { step: 0, scale: 0, zeroPoint: 8 }
  let bestGain = 0
  for (const span of spans) {
    const step = ((high - low) * span) / 15
    const inverse = step === 0 ? 0 : 1 / step
    for (let zeroPoint = clamp(Math.floor(-low * inverse), 0, 15), last = clamp(zeroPoint + 1, 0, 15); zeroPoint <= last; zeroPoint++) {
      let products = 0
      let squares = 0
      for (let i = 0; i < block.length; i++) {
        const value = block[i] ?? 0
        const q = code4(value * inverse + zeroPoint) - zeroPoint
        products += value * q
        squares += q * q
      }
      const gain = squares === 0 ? 0 : (products * products) / squares
      if (gain > bestGain) {
        bestGain = gain
        best = { step, scale: Math.fround(products / squares), zeroPoint }
      }
    }
  }
  const inverse = best.step === 0 ? 0 : 1 / best.step
  const code = (value: number): number => code4(value * inverse + best.zeroPoint)
  for (let i = 0; i < block.length; i += 2) codes[at + i / 2] = code(block[i] ?? 0) | (code(block[i + 1] ?? 0) << 4)
  return best
}

/** The nearest code. */
function code4(position: number): number {
  const code = nearest(position)
  return position < 0 ? 0 : code > 15 ? 15 : code
}

/** Of a positive number. Conversion to a 32-bit integer is how JavaScript rounds fast. */
function nearest(position: number): number {
  return (position + 0.5) | 0
}

function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value
}

/** [rows, columns] → [columns, rows], in tiles so that both sides stay in the cache. */
export function transpose<T extends Float32Array | Uint8Array>(values: T, rows: number, columns: number): T {
  const tile = 32
  const out = values.slice()
  for (let r0 = 0; r0 < rows; r0 += tile) {
    const r1 = Math.min(r0 + tile, rows)
    for (let c0 = 0; c0 < columns; c0 += tile) {
      const c1 = Math.min(c0 + tile, columns)
      for (let c = c0; c < c1; c++) {
        for (let r = r0; r < r1; r++) out[c * rows + r] = values[r * columns + c] ?? 0
      }
    }
  }
  return out as T
}

/**
 * One scale for each column.
 * @param values [rows, columns], float32, finite
 * @returns codes [rows, columns] from -127 to 127, and scales [columns]: value ≈ code · scale
 */
export function quantizeColumns(values: Float32Array, columns: number): { readonly codes: Int8Array; readonly scales: Float32Array } {
  const scales = new Float32Array(columns)
  for (let i = 0, column = 0; i < values.length; i++) {
    scales[column] = Math.max(scales[column] ?? 0, Math.abs(values[i] ?? 0))
    if (++column === columns) column = 0
  }
  const inverses = scales.map((largest) => (largest === 0 ? 0 : 127 / largest))
  const codes = new Int8Array(values.length)
  for (let i = 0, column = 0; i < values.length; i++) {
    codes[i] = Math.round((values[i] ?? 0) * (inverses[column] ?? 0))
    if (++column === columns) column = 0
  }
  return { codes, scales: scales.map((largest) => largest / 127) }
}
