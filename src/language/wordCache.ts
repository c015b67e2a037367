/**
 * Remembers the tokens of words. Two generations bound it: when the young one is full it becomes the old one, and a word
 * that is asked for again moves back to the young.
 */
export class WordCache {
  private young = new Map<string, Int32Array>()
  private old: ReadonlyMap<string, Int32Array> = new Map()

  /** @param capacity words in each generation */
  constructor(private readonly capacity: number) {}

  get(word: string): Int32Array | undefined {
    const recent = this.young.get(word)
    if (recent !== undefined) return recent
    const aged = this.old.get(word)
    if (aged !== undefined) this.set(word, aged)
    return aged
  }

  set(word: string, ids: Int32Array): void {
    if (this.young.size >= this.capacity) {
      this.old = this.young
      this.young = new Map()
    }
    this.young.set(word, ids)
  }
}
