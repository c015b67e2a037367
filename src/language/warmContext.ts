import type { IDisposable } from '../base/lifecycle'
import type { Branches, Context, Exactness, TokenScore } from './languageModel'

/** How many tokens at the beginning of `held` and `wanted` are the same. */
export function commonPrefix(held: ArrayLike<number>, wanted: ArrayLike<number>): number {
  const shorter = Math.min(held.length, wanted.length)
  let length = 0
  while (length < shorter && held[length] === wanted[length]) length++
  return length
}

/**
 * A context that knows the tokens it holds, so that asking for a prompt costs only what changed since the last one. Whoever
 * is cancelled or fails leaves it with the tokens that were finished.
 */
export class WarmContext implements IDisposable {
  private held: number[] = []
  /** Logits after some token: [vocabulary]; a copy, because the context's own are good for one call only. */
  private logits = new Float32Array(0)
  /** Of `logits`, if they are those after the last token held: as of `Exactness`. */
  private exactWithin: number | undefined

  constructor(private readonly context: Context) {}

  get length(): number {
    return this.context.length
  }

  /** The tokens held. */
  get tokens(): readonly number[] {
    return this.held
  }

  /**
   * Makes the context hold exactly `tokens` (at least one): keeps what it has in common with what it holds, runs the rest.
   * The same tokens again cost nothing.
   * @returns the logits after the last one: [vocabulary], float32, natural scale; valid until the next call
   */
  async advance(tokens: Int32Array, signal?: AbortSignal, exactness: Exactness = {}): Promise<Float32Array> {
    const common = commonPrefix(this.held, tokens)
    const { exactWithin = Infinity } = exactness
    if (common === tokens.length && common === this.held.length && this.exactWithin !== undefined && this.exactWithin >= exactWithin) return this.logits
    // The logits come from running a token, so the last one runs again when all are there.
    this.truncate(Math.min(common, tokens.length - 1))
    return this.append(tokens.subarray(this.held.length), signal, exactness)
  }

  /** Adds `tokens` (at least one) behind what is held; returns as `advance`. */
  async append(tokens: Int32Array, signal?: AbortSignal, exactness: Exactness = {}): Promise<Float32Array> {
    const logits = await this.track(tokens, () => this.context.extend(tokens, signal, exactness))
    if (this.logits.length === logits.length) this.logits.set(logits)
    else this.logits = logits.slice()
    this.exactWithin = exactness.exactWithin ?? Infinity
    return this.logits
  }

  /** Whether a few tokens at once cost hardly more than one. */
  get isParallel(): boolean {
    return this.context.extendEach !== undefined
  }

  get draftCosts(): Context['draftCosts'] {
    return this.context.draftCosts
  }

  /** Makes the context, which has to be parallel, hold exactly `tokens`. @returns the logits after each of the last `count`: valid until the next call */
  async advanceEach(tokens: Int32Array, count: number, signal?: AbortSignal): Promise<readonly Float32Array[]> {
    const before = tokens.subarray(0, tokens.length - count)
    if (commonPrefix(this.held, before) < before.length) await this.advance(before, signal)
    this.truncate(before.length)
    const rest = tokens.subarray(before.length)
    const logits = await this.track(rest, async () => (await this.context.extendEach?.(rest, signal)) ?? new Float32Array())
    const vocabulary = logits.length / count
    return Array.from(rest, (_, row) => logits.subarray(row * vocabulary, (row + 1) * vocabulary))
  }

  /** Adds `tokens` and says how likely each was after what stood before it. */
  async score(tokens: Int32Array, alternatives: number, signal?: AbortSignal): Promise<readonly TokenScore[]> {
    return this.track(tokens, () => this.context.score(tokens, alternatives, signal))
  }

  /** Keeps the first `length` tokens. */
  truncate(length: number): void {
    if (length === this.held.length) return
    this.context.truncate(length)
    this.held.length = length
    this.exactWithin = undefined
  }

  /** Branches over what is held; see `Context.fork`. */
  fork(count: number): Branches {
    return this.context.fork(count)
  }

  dispose(): void {
    this.context.dispose()
  }

  /** Runs `action`, which appends `tokens`; afterwards `held` says what the context really holds. */
  private async track<T>(tokens: Int32Array, action: () => Promise<T>): Promise<T> {
    this.exactWithin = undefined
    try {
      return await action()
    } finally {
      for (const token of tokens.subarray(0, this.context.length - this.held.length)) this.held.push(token)
    }
  }
}
