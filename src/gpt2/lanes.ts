import type { ByteSink } from '../onnx/weightsLayout'
import type { QuantizedRows } from './quantize'

/**
 * How matrices [rows, columns] lie for products with a vector: a group of rows stands side by side in the lanes of vectors,
 * so that each activation is read once for all of them and nothing has to be added across lanes.
 */

/** Rows that stand side by side. */
export const groupRows = 16

/** Lays 8-bit codes out: of each group, for every four columns, the codes of each row, in the order 0, 2, 1, 3. */
export interface LaneArranger {
  /** @param codes [rows, columns], rows and columns multiples of 16 @param offset where they go in the file */
  fromRows(codes: Int8Array, columns: number, sink: ByteSink, offset: number): Promise<void>
  /** @param codes [columns, rows], rows a multiple of 16 and columns of 4 @param offset where they go in the file */
  fromColumns(codes: Int8Array, rows: number, sink: ByteSink, offset: number): Promise<void>
}

/** Numbers of blocks [rows, blocks]: of each group, for every block, one of each row. */
export function byRows(values: Float32Array, blocks: number): Float32Array {
  const out = new Float32Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const row = Math.floor(i / blocks)
    const lane = row % groupRows
    out[(row - lane) * blocks + (i % blocks) * groupRows + lane] = values[i] ?? 0
  }
  return out
}

/**
 * 4 bits: of each group, for every eight columns, four bytes of each row: their lower halves are the first four codes,
 * the upper ones the others. Scales are bf16, the last eight rows' in the lower halves of words; zero points are bytes.
 * @param quantized with 4 bits, rows a multiple of 16
 */
export function fourBitLanes(quantized: QuantizedRows, rows: number, blocks: number, blockSize: number): { readonly codes: Uint8Array; readonly scales: Uint32Array; readonly zeros: Uint8Array } {
  const rowBytes = (blocks * blockSize) / 2
  const zeroBytes = Math.ceil(blocks / 2)
  const codes = new Uint8Array(quantized.codes.length)
  const scales = new Uint32Array((rows * blocks) / 2)
  const zeros = new Uint8Array(rows * blocks)
  for (let row = 0; row < rows; row++) {
    const lane = row % groupRows
    const group = row - lane
    for (let byte = 0; byte < rowBytes; byte += 4) {
      const a = quantized.codes[row * rowBytes + byte] ?? 0
      const b = quantized.codes[row * rowBytes + byte + 1] ?? 0
      const c = quantized.codes[row * rowBytes + byte + 2] ?? 0
      const d = quantized.codes[row * rowBytes + byte + 3] ?? 0
      const to = group * rowBytes + byte * groupRows + lane * 4
      codes[to] = (a & 15) | ((c & 15) << 4)
      codes[to + 1] = (a >> 4) | (c & 0xf0)
      codes[to + 2] = (b & 15) | ((d & 15) << 4)
      codes[to + 3] = (b >> 4) | (d & 0xf0)
    }
    for (let block = 0; block < blocks; block++) {
      const word = (group * blocks + block * groupRows) / 2 + (lane & 7)
      const scale = upperHalf(quantized.scales[row * blocks + block] ?? 0)
      scales[word] = (scales[word] ?? 0) | (lane < 8 ? scale << 16 : scale)
      zeros[group * blocks + block * groupRows + lane] = ((quantized.zeroPoints[row * zeroBytes + (block >> 1)] ?? 0) >> (4 * (block & 1))) & 15
    }
  }
  return { codes, scales, zeros }
}

const float = new Float32Array(1)
const word = new Uint32Array(float.buffer)

/** The nearest bf16. */
function upperHalf(value: number): number {
  float[0] = value
  const bits = word[0] ?? 0
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
}
