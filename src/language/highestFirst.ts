/**
 * Gives the largest of many values one after another, of equal ones the one with the lowest index first. Making it costs
 * O(n), each value O(log n): much less than sorting when only the first few are wanted.
 */
export class HighestFirst {
  /** Heap of indices into `values`. */
  private readonly heap: Int32Array
  private length: number

  /** @param indices which of the values count; all when left out */
  constructor(
    private readonly values: ArrayLike<number>,
    indices?: Int32Array,
  ) {
    this.heap = indices?.slice() ?? Int32Array.from({ length: values.length }, (_, i) => i)
    this.length = this.heap.length
    for (let i = (this.length >> 1) - 1; i >= 0; i--) this.sink(i)
  }

  /** Index of the highest value left, or undefined when none is. */
  next(): number | undefined {
    if (this.length === 0) return undefined
    const top = this.heap[0]
    this.length--
    this.heap[0] = this.heap[this.length] ?? 0
    this.sink(0)
    return top
  }

  private sink(start: number): void {
    let hole = start
    const item = this.heap[start] ?? 0
    for (let child = 2 * hole + 1; child < this.length; child = 2 * hole + 1) {
      if (child + 1 < this.length && this.before(this.heap[child + 1] ?? 0, this.heap[child] ?? 0)) child++
      const below = this.heap[child] ?? 0
      if (!this.before(below, item)) break
      this.heap[hole] = below
      hole = child
    }
    this.heap[hole] = item
  }

  private before(a: number, b: number): boolean {
    const valueA = this.values[a] ?? 0
    const valueB = this.values[b] ?? 0
    return valueA > valueB || (valueA === valueB && a < b)
  }
}
