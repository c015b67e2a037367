import type { MergeTable } from './mergeTable'

/** Words longer than this are rare; what they needed is given back at once. */
const keptCapacity = 4096

/**
 * Merges the symbols of one word: always the pair of lowest rank, the leftmost first (Sennrich, Haddow and Birch 2016,
 * section 3.2). A queue of candidate pairs over a linked list makes it O(n log n), so that a megabyte without a space
 * is a matter of a second.
 */
export class WordMerger {
  private next = new Int32Array(64)
  private previous = new Int32Array(64)
  private readonly queue = new NumberHeap()

  constructor(private readonly merges: MergeTable) {}

  /**
   * @param symbols token ids; merged in place
   * @param count how many of them are the word
   * @returns how many are left
   */
  merge(symbols: Int32Array, count: number): number {
    if (count < 2) return count
    this.link(count)
    for (let i = 0; i + 1 < count; i++) this.offer(symbols, i, i + 1)
    for (let key = this.queue.pop(); key !== undefined; key = this.queue.pop()) this.apply(symbols, key, count)
    const left = this.compact(symbols, count)
    this.release(count)
    return left
  }

  private link(count: number): void {
    if (this.next.length < count) {
      this.next = new Int32Array(count * 2)
      this.previous = new Int32Array(count * 2)
    }
    for (let i = 0; i < count; i++) {
      this.next[i] = i + 1
      this.previous[i] = i - 1
    }
  }

  /** Queues the pair at `left` and `right` if it merges. The key orders by rank, then by position. */
  private offer(symbols: Int32Array, left: number, right: number): void {
    const rank = this.merges.rank(symbols[left] ?? 0, symbols[right] ?? 0)
    if (rank >= 0) this.queue.push(rank * positions + left)
  }

  private apply(symbols: Int32Array, key: number, count: number): void {
    const position = key % positions
    const rank = (key - position) / positions
    const left = symbols[position] ?? -1
    const rightPosition = this.next[position] ?? count
    if (left < 0 || rightPosition >= count) return
    const right = symbols[rightPosition] ?? -1
    // A neighbour was merged since this pair was queued.
    if (this.merges.rank(left, right) !== rank) return
    symbols[position] = this.merges.result(left, right)
    symbols[rightPosition] = -1
    const after = this.next[rightPosition] ?? count
    this.next[position] = after
    if (after < count) {
      this.previous[after] = position
      this.offer(symbols, position, after)
    }
    const before = this.previous[position] ?? -1
    if (before >= 0) this.offer(symbols, before, position)
  }

  private compact(symbols: Int32Array, count: number): number {
    let length = 0
    for (let position = 0; position < count; position = this.next[position] ?? count) {
      symbols[length++] = symbols[position] ?? 0
    }
    return length
  }

  private release(count: number): void {
    if (count <= keptCapacity) return
    this.next = new Int32Array(64)
    this.previous = new Int32Array(64)
    this.queue.release()
  }
}

/** More than any position; times any rank below 2^21 it stays an exact double. */
const positions = 2 ** 32

/** The most merges that the keys of the queue can tell apart. */
export const maximumMerges = 2 ** 21

/** Smallest number first. */
class NumberHeap {
  private items = new Float64Array(256)
  private length = 0

  push(item: number): void {
    if (this.length === this.items.length) {
      const grown = new Float64Array(this.items.length * 2)
      grown.set(this.items)
      this.items = grown
    }
    const items = this.items
    let hole = this.length++
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      const above = items[parent] ?? 0
      if (above <= item) break
      items[hole] = above
      hole = parent
    }
    items[hole] = item
  }

  pop(): number | undefined {
    if (this.length === 0) return undefined
    const items = this.items
    const top = items[0]
    const last = items[--this.length] ?? 0
    let hole = 0
    for (let child = 1; child < this.length; child = 2 * hole + 1) {
      if (child + 1 < this.length && (items[child + 1] ?? 0) < (items[child] ?? 0)) child++
      const below = items[child] ?? 0
      if (below >= last) break
      items[hole] = below
      hole = child
    }
    items[hole] = last
    return top
  }

  release(): void {
    this.items = new Float64Array(256)
  }
}
