/**
 * Merges of byte pair encoding: which two tokens become which third, and how early. Open addressing over plain integer
 * arrays: a vocabulary of 50,000 loads in a few milliseconds, where as many two-number keys in a Map would be objects.
 */
export class MergeTable {
  /** @param merges [n, 3]: left, right and what they become, the earliest first */
  static of(merges: Int32Array): MergeTable {
    const count = merges.length / 3
    const table = new MergeTable(count)
    for (let rank = 0; rank < count; rank++) table.set(merges[3 * rank] ?? 0, merges[3 * rank + 1] ?? 0, rank, merges[3 * rank + 2] ?? 0)
    return table
  }

  private readonly mask: number
  /** -1 marks a free slot. */
  private readonly lefts: Int32Array
  private readonly rights: Int32Array
  private readonly ranks: Int32Array
  private readonly results: Int32Array

  /** @param capacity the most merges that will be set */
  constructor(capacity: number) {
    let slots = 16
    while (slots < capacity * 2) slots *= 2
    this.mask = slots - 1
    this.lefts = new Int32Array(slots).fill(-1)
    this.rights = new Int32Array(slots)
    this.ranks = new Int32Array(slots)
    this.results = new Int32Array(slots)
  }

  /** A pair that is set twice keeps its later rank. */
  set(left: number, right: number, rank: number, result: number): void {
    const slot = this.slot(left, right)
    this.lefts[slot] = left
    this.rights[slot] = right
    this.ranks[slot] = rank
    this.results[slot] = result
  }

  /** Rank of merging `left` and `right`, lowest first; -1 when they do not merge. */
  rank(left: number, right: number): number {
    const slot = this.slot(left, right)
    return this.lefts[slot] === -1 ? -1 : (this.ranks[slot] ?? -1)
  }

  /** The token that `left` and `right` become; only for pairs that merge. */
  result(left: number, right: number): number {
    return this.results[this.slot(left, right)] ?? -1
  }

  /** The slot that holds the pair, or the free one where it belongs. */
  private slot(left: number, right: number): number {
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)
    hash ^= hash >>> 15
    for (let slot = hash & this.mask; ; slot = (slot + 1) & this.mask) {
      const found = this.lefts[slot]
      if (found === -1 || (found === left && this.rights[slot] === right)) return slot
    }
  }
}
