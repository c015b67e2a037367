import { throwIfCancelled } from '../../base/cancellation'
import { CacheRows } from './cacheRows'
import type { DecoderSession } from './decoderSession'

/**
 * What an export can do with the rows of tokens that it has read: `chunks`: go on with any number of tokens; `tokens`:
 * with one at a time; `none`: every step begins at the first token.
 */
export type Reuse = 'chunks' | 'tokens' | 'none'

/** Tokens of a prompt that run at once: long enough to fill the processor, short enough that a new keystroke waits little. */
const longestChunk = 128
const shortestChunk = 16

/** Logits that are in memory at a time: 32 MiB. */
const mostLogits = 1 << 23

/** One text that grows, with its rows of keys and values. Two caches take turns, because a graph cannot write where it reads. */
export class Sequence {
  /** The tokens held, and room for the rest. */
  readonly tokens: Int32Array
  private cache: CacheRows
  private spare: CacheRows
  private held = 0

  /** @param capacity most tokens */
  constructor(private readonly session: DecoderSession, private readonly reuse: Reuse, capacity: number) {
    this.tokens = new Int32Array(capacity)
    this.cache = new CacheRows(session.graph)
    this.spare = new CacheRows(session.graph)
  }

  get length(): number {
    return this.held
  }

  /** The rows of the text; there may be more than tokens held: those behind belong to tokens that were taken back. */
  get rows(): CacheRows {
    return this.cache
  }

  truncate(length: number): void {
    this.held = length
  }

  /**
   * Appends tokens.
   * @param wanted of which new tokens logits are wanted: of all, or of the last
   * @param visit gets the logits of consecutive tokens, [count, vocabulary], valid during the call, and the place of the first
   * @param again how many of the tokens held want their logits, too
   * @throws CancelledError between pieces; what was finished is held then
   */
  async append(tokens: Int32Array, wanted: 'all' | 'last', visit: (logits: Float32Array, place: number) => Promise<void> | void, signal?: AbortSignal, again = 0): Promise<void> {
    const end = this.held + tokens.length
    this.tokens.set(tokens, this.held)
    for (let next = this.held - again; next < end; ) {
      throwIfCancelled(signal)
      // Rows may be missing behind a step that failed: their tokens are read again.
      const past = this.reuse === 'none' ? 0 : Math.min(next, this.cache.rows)
      const reached = Math.min(past + this.pieceLength(past), end)
      const isLast = reached === end
      const logits = await this.run(past, reached, wanted === 'all' ? 'all' : isLast ? 'last' : 'none')
      this.held = Math.max(this.held, reached)
      if (reached <= next) continue
      if (wanted === 'all') await visit(logits.subarray((next - past) * this.session.graph.vocabulary), next)
      else if (isLast) await visit(logits, end - 1)
      next = reached
    }
  }

  release(): void {
    this.held = 0
    this.cache.release()
    this.spare.release()
  }

  private pieceLength(past: number): number {
    if (this.reuse === 'none') return this.tokens.length
    if (this.reuse === 'tokens') return past === 0 ? this.tokens.length : 1
    if (this.session.keepsLast) return longestChunk
    return Math.max(shortestChunk, Math.min(longestChunk, Math.floor(mostLogits / this.session.graph.vocabulary)))
  }

  private async run(past: number, reached: number, logits: 'all' | 'last' | 'none'): Promise<Float32Array> {
    this.packTo(past)
    const result = await this.session.run({ ids: this.tokens.subarray(past, reached), batch: 1, past, logits }, this.cache, this.spare)
    this.swap()
    return result
  }

  /** Leaves exactly `length` rows in the cache. */
  private packTo(length: number): void {
    if (this.cache.batch === 1 && this.cache.rows === length) return
    this.spare.shape(1, length)
    if (length > 0) this.spare.copyPrefix(0, this.cache, length)
    this.swap()
  }

  private swap(): void {
    [this.cache, this.spare] = [this.spare, this.cache]
  }
}
