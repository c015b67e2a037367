import { commonPrefix } from './warmContext'

/** What stood behind the same last tokens elsewhere in a document. */
export interface Followers {
  /** How often anything did. */
  readonly total: number
  readonly counts: ReadonlyMap<number, number>
}

/** The most last tokens that are compared; more of them found hardly anything further. */
export const longestMatch = 3

/** Of a token that stands everywhere the latest places are enough. */
const mostPlaces = 256

/**
 * The tokens of a document up to the caret and where each stands, so that what followed the last few tokens earlier is
 * found at once. From one caret to the next only the last tokens change: the rest is kept.
 */
export class DocumentTokens {
  private readonly ids: number[] = []
  /** For each place the place before it that holds the same token, or -1. */
  private readonly before: number[] = []
  /** Of each token the last place. */
  private readonly last = new Map<number, number>()
  private readonly counts = new Map<number, number>()

  hold(tokens: Int32Array): void {
    const common = commonPrefix(this.ids, tokens)
    while (this.ids.length > common) this.pop()
    for (let at = common; at < tokens.length; at++) this.push(tokens[at] ?? 0)
  }

  /** The last `count` tokens. */
  tail(count: number): readonly number[] {
    return this.ids.slice(Math.max(0, this.ids.length - count))
  }

  /**
   * @param context ends with the tokens to look for
   * @returns by how many of them agree, 0 to `longestMatch`: with none everything that stands in the document counts
   */
  followers(context: readonly number[]): readonly Followers[] {
    const found = Array.from({ length: longestMatch }, () => ({ total: 0, counts: new Map<number, number>() }))
    const [end = -1] = context.slice(-1)
    let place = this.last.get(end) ?? -1
    for (let looked = 0; place >= 0 && looked < mostPlaces; looked++, place = this.before[place] ?? -1) {
      const follower = this.ids[place + 1]
      if (follower === undefined) continue
      for (const [more, match] of found.entries()) {
        if (more > 0 && (place < more || this.ids[place - more] !== context[context.length - 1 - more])) break
        match.total++
        match.counts.set(follower, (match.counts.get(follower) ?? 0) + 1)
      }
    }
    return [{ total: this.ids.length, counts: this.counts }, ...found]
  }

  private push(id: number): void {
    this.before.push(this.last.get(id) ?? -1)
    this.last.set(id, this.ids.length)
    this.counts.set(id, (this.counts.get(id) ?? 0) + 1)
    this.ids.push(id)
  }

  private pop(): void {
    const id = this.ids.pop() ?? 0
    const before = this.before.pop() ?? -1
    if (before < 0) {
      this.last.delete(id)
      this.counts.delete(id)
      return
    }
    this.last.set(id, before)
    this.counts.set(id, (this.counts.get(id) ?? 0) - 1)
  }
}
