import { groupRows } from './lanes'

/**
 * The head in two halves. The upper four bits of its codes are read for every token; what the lower ones add is then known on
 * average, and how far off that may be.
 */

/**
 * The upper four bits of 8-bit codes, plus 8, as codes of 4 bits lie: of each group, for every eight columns, four bytes of
 * each row, their lower halves the first four, the upper ones the others.
 * @param codes [rows, columns], rows a multiple of 16 and columns of 8
 */
export function upperHalves(codes: Int8Array, columns: number): Uint8Array {
  const words = wordsOf(codes)
  const out = new Uint32Array(words.length / 2)
  const across = columns / 8
  for (let group = 0; group < out.length; group += groupRows * across) {
    for (let lane = 0; lane < groupRows; lane++) {
      let from = 2 * (group + lane * across)
      for (let eight = 0, to = group + lane; eight < across; eight++, from += 2, to += groupRows) {
        out[to] = ((((words[from] ?? 0) ^ 0x80808080) >>> 4) & 0x0f0f0f0f) | (((words[from + 1] ?? 0) ^ 0x80808080) & 0xf0f0f0f0)
      }
    }
  }
  return new Uint8Array(out.buffer)
}

/** As words of four; copied where they do not begin with one. */
function wordsOf(codes: Int8Array): Uint32Array {
  const aligned = codes.byteOffset % 4 === 0 ? codes : codes.slice()
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4)
}

/** What the lower four bits of a matrix' codes are, column by column. */
export class LowerHalves {
  private readonly sums: Float64Array
  private readonly squares: Float64Array
  private rows = 0

  constructor(private readonly columns: number) {
    this.sums = new Float64Array(columns)
    this.squares = new Float64Array(columns)
  }

  /** @param codes [rows, columns] */
  add(codes: Int8Array): void {
    const { columns, sums, squares } = this
    for (let row = 0; row < codes.length; row += columns) {
      for (let column = 0; column < columns; column++) {
        const half = (codes[row + column] ?? 0) & 15
        sums[column] = (sums[column] ?? 0) + half
        squares[column] = (squares[column] ?? 0) + half * half
      }
    }
    this.rows += codes.length / columns
  }

  /** Means and, behind them, variances: [2, columns], float32. */
  moments(): Float32Array {
    const moments = new Float32Array(2 * this.columns)
    for (let column = 0; column < this.columns; column++) {
      const mean = (this.sums[column] ?? 0) / this.rows
      moments[column] = mean
      moments[this.columns + column] = (this.squares[column] ?? 0) / this.rows - mean * mean
    }
    return moments
  }
}
