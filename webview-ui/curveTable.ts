import { curveColumns, type CurveColumn } from '../src/gan/curves'

/** Rows held at most; beyond, every second one goes. */
const mostRows = 8192

/** The curves as the charts read them: one growing array a column. */
export class CurveTable {
  private columns: number[][] = curveColumns.map(() => [])

  get length(): number {
    return this.columns[0]?.length ?? 0
  }

  /** @param rows [n, columns], float32, row-major */
  add(rows: Float32Array): void {
    for (let at = 0; at + curveColumns.length <= rows.length; at += curveColumns.length) {
      this.columns.forEach((column, i) => column.push(rows[at + i] ?? Number.NaN))
    }
    // The last row stays: it says where the run is.
    while (this.length > mostRows) this.columns = this.columns.map((column) => column.filter((_, i) => (column.length - 1 - i) % 2 === 0))
  }

  replace(rows: Float32Array): void {
    this.columns = curveColumns.map(() => [])
    this.add(rows)
  }

  column(name: CurveColumn): readonly number[] {
    return this.columns[curveColumns.indexOf(name)] ?? []
  }

  last(name: CurveColumn): number {
    return this.column(name).at(-1) ?? Number.NaN
  }

  /**
   * A column without its noise: exponential moving average over about `span` rows, corrected for its start (as Adam
   * does), so that the first values are not drawn towards zero.
   */
  smooth(name: CurveColumn, span: number): number[] {
    const keep = 1 - 1 / Math.max(1, span)
    let average = 0
    let weight = 0
    return this.column(name).map((value) => {
      if (!Number.isFinite(value)) return Number.NaN
      average = keep * average + (1 - keep) * value
      weight = keep * weight + (1 - keep)
      return average / weight
    })
  }
}
