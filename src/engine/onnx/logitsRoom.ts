/** Room for the logits of steps of a few rows, that of the largest used again by the next; more rows get room of their own. */
export class LogitsRoom {
  private kept = new Float32Array(0)

  /** @param mostRows that are few */
  constructor(private readonly vocabulary: number, private readonly mostRows: number) {}

  /** @returns [rows, vocabulary], with whatever stands there; lent until the next call */
  forRows(rows: number): Float32Array {
    const size = rows * this.vocabulary
    if (rows > this.mostRows) return new Float32Array(size)
    if (this.kept.length < size) this.kept = new Float32Array(size)
    return this.kept.subarray(0, size)
  }
}
