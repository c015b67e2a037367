import type { StepResult } from './ganEngine'

/** One column a measured number, one row a step. */
export const curveColumns = ['step', 'lossReal', 'lossFake', 'lossGenerator', 'accuracyReal', 'accuracyFake'] as const
export type CurveColumn = (typeof curveColumns)[number]

/** Rows kept at most; a longer run keeps every second row, then every fourth, and so on. */
const maximumRows = 16_384

/**
 * The training curves. They are part of the checkpoint, so they thin out by a rule that depends on the steps alone: a
 * run that was interrupted has the same curves as one that was not.
 */
export class Curves {
  private readonly rows: number[][] = []
  private every = 1

  /** Steps between rows: a power of two. */
  get stride(): number {
    return this.every
  }

  get length(): number {
    return this.rows.length
  }

  add(step: number, result: StepResult): void {
    if (step % this.every !== 0) return
    this.rows.push([step, result.lossReal, result.lossFake, result.lossGenerator, result.accuracyReal, result.accuracyFake].map(Math.fround))
    if (this.rows.length < maximumRows) return
    this.every *= 2
    const kept = this.rows.filter(([at]) => (at ?? 0) % this.every === 0)
    this.rows.splice(0, this.rows.length, ...kept)
  }

  /** [length] of one column, float32. */
  column(name: CurveColumn): Float32Array {
    const index = curveColumns.indexOf(name)
    return Float32Array.from(this.rows, (row) => row[index] ?? Number.NaN)
  }

  /** The last `count` rows of a column. */
  recent(name: CurveColumn, count: number): number[] {
    const index = curveColumns.indexOf(name)
    return this.rows.slice(-count).map((row) => row[index] ?? Number.NaN)
  }

  /** [length, columns], float32, row-major: as the checkpoint holds it. */
  toArray(): Float32Array {
    return Float32Array.from(this.rows.flat())
  }

  /** @param table [rows, columns], steps rising */
  static fromArray(table: Float32Array, stride: number): Curves {
    const curves = new Curves()
    curves.every = stride
    for (let at = 0; at + curveColumns.length <= table.length; at += curveColumns.length) {
      curves.rows.push([...table.subarray(at, at + curveColumns.length)])
    }
    return curves
  }

  /** The rows of steps after `step`, [n, columns]. */
  rowsAfter(step: number): Float32Array {
    let from = this.rows.length
    while (from > 0 && (this.rows[from - 1]?.[0] ?? 0) > step) from--
    return Float32Array.from(this.rows.slice(from).flat())
  }

  /** For spreadsheets: a header line, then one line a row. */
  toCsv(): string {
    const lines = this.rows.map((row) => row.join(','))
    return `${[curveColumns.join(','), ...lines].join('\n')}\n`
  }
}
