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
 * Codes around 0 as codes around 128, turned: a model of our own is started so the first time, while its writer waits. Four
 * codes at a time are moved as one word, sixteen make a square.
 * @param codes [rows, columns]
 * @returns [columns, rows]
 */
export function transposeCodes(codes: Int8Array, rows: number, columns: number): Uint8Array {
  if (rows % 4 !== 0 || columns % 4 !== 0 || codes.byteOffset % 4 !== 0) return transpose(unsigned(codes), rows, columns)
  const from = new Uint32Array(codes.buffer, codes.byteOffset, codes.length / 4)
  const to = new Uint32Array(from.length)
  const across = columns / 4
  const down = rows / 4
  const tile = 8
  for (let r0 = 0; r0 < down; r0 += tile) {
    const r1 = Math.min(r0 + tile, down)
    for (let c0 = 0; c0 < across; c0 += tile) {
      const c1 = Math.min(c0 + tile, across)
      for (let c = c0; c < c1; c++) {
        for (let r = r0, at = 4 * r0 * across + c; r < r1; r++, at += 4 * across) turnSquare(from, at, at + across, at + 2 * across, at + 3 * across, fourSteps, to, 4 * c * down + r, down)
      }
    }
  }
  return new Uint8Array(to.buffer)
}

/** Moves four rows of four bytes, each a word, to four columns. @param flip bits to turn over in each word */
function turnSquare(from: Uint32Array, first: number, second: number, third: number, fourth: number, flip: number, to: Uint32Array, place: number, stride: number): void {
  const a = (from[first] ?? 0) ^ flip
  const b = (from[second] ?? 0) ^ flip
  const c = (from[third] ?? 0) ^ flip
  const d = (from[fourth] ?? 0) ^ flip
  // Bytes 0 and 2 of two rows side by side, and bytes 1 and 3.
  const evenAb = (a & 0x00ff00ff) | ((b & 0x00ff00ff) << 8)
  const oddAb = ((a >>> 8) & 0x00ff00ff) | (b & 0xff00ff00)
  const evenCd = (c & 0x00ff00ff) | ((d & 0x00ff00ff) << 8)
  const oddCd = ((c >>> 8) & 0x00ff00ff) | (d & 0xff00ff00)
  to[place] = (evenAb & 0xffff) | (evenCd << 16)
  to[place + stride] = (oddAb & 0xffff) | (oddCd << 16)
  to[place + 2 * stride] = (evenAb >>> 16) | (evenCd & 0xffff0000)
  to[place + 3 * stride] = (oddAb >>> 16) | (oddCd & 0xffff0000)
}

/** 0x80 in each of four bytes is the step from codes around 0 to codes around 128. */
const fourSteps = 0x80808080

/** Codes around 0 as codes around 128. */
export function unsigned(codes: Int8Array): Uint8Array {
  const shifted = new Uint8Array(codes.slice().buffer)
  const words = new Uint32Array(shifted.buffer, 0, Math.floor(shifted.length / 4))
  for (let i = 0; i < words.length; i++) words[i] = (words[i] ?? 0) ^ fourSteps
  for (let i = 4 * words.length; i < shifted.length; i++) shifted[i] = (shifted[i] ?? 0) ^ 0x80
  return shifted
}

/**
 * One scale for each column.
 * @param values [rows, columns], float32, finite
 * @param most the largest code, up to 127
 * @returns codes [rows, columns] from -most to most, and scales [columns]: value ≈ code · scale
 */
export function quantizeColumns(values: Float32Array, columns: number, most: number): { readonly codes: Int8Array; readonly scales: Float32Array } {
  const scales = new Float32Array(columns)
  for (let i = 0, column = 0; i < values.length; i++) {
    scales[column] = Math.max(scales[column] ?? 0, Math.abs(values[i] ?? 0))
    if (++column === columns) column = 0
  }
  const inverses = scales.map((largest) => (largest === 0 ? 0 : most / largest))
  const codes = new Int8Array(values.length)
  for (let i = 0, column = 0; i < values.length; i++) {
    codes[i] = Math.round((values[i] ?? 0) * (inverses[column] ?? 0))
    if (++column === columns) column = 0
  }
  return { codes, scales: scales.map((largest) => largest / most) }
}
