import { throwIfCancelled } from '../../base/cancellation'
import { InklingError } from '../../base/errors'
import type { Gpt2Config } from '../../gpt2/config'
import type { Branches, Context, TokenScore } from '../../language/languageModel'
import { causalMask } from './causalMask'
import type { Gpt2Session } from './gpt2Session'
import { KeyValueCache } from './keyValueCache'

/** Tokens of a prompt that run at once: long enough to fill the processor, short enough that a new keystroke waits little. */
const chunkTokens = 128

/** One token sequence over a session that all contexts of a model share. */
export class Gpt2Context implements Context {
  private readonly cache: KeyValueCache
  /** The tokens held. */
  private tokens: Int32Array
  private held = 0

  constructor(private readonly session: Gpt2Session, private readonly config: Gpt2Config) {
    this.cache = new KeyValueCache(config.layers, config.width)
    this.tokens = new Int32Array(config.positions)
  }

  get length(): number {
    return this.held
  }

  truncate(length: number): void {
    if (!Number.isInteger(length) || length < 0 || length > this.held) throw new RangeError(`Cannot truncate ${this.held} tokens to ${length}`)
    this.held = length
  }

  async extend(tokens: Int32Array, signal?: AbortSignal): Promise<Float32Array> {
    if (tokens.length === 0) throw new RangeError('No tokens to extend with')
    this.check(tokens)
    for (let from = 0; ; from += chunkTokens) {
      throwIfCancelled(signal)
      const chunk = tokens.subarray(from, from + chunkTokens)
      const last = from + chunk.length === tokens.length
      const logits = await this.append(chunk, last ? Int32Array.of(chunk.length - 1) : new Int32Array(0))
      if (last) return logits
    }
  }

  score(_tokens: Int32Array, _alternatives: number, _signal?: AbortSignal): Promise<readonly TokenScore[]> {
    throw new Error('not yet')
  }

  fork(_count: number): Branches {
    throw new Error('not yet')
  }

  dispose(): void {
    this.held = 0
    this.cache.release()
  }

  /** Runs `tokens` after what is held and holds them too. @returns logits [rows.length, vocabulary] */
  private async append(tokens: Int32Array, rows: Int32Array): Promise<Float32Array> {
    const past = this.held
    const positions = Int32Array.from(tokens, (_, i) => past + i)
    const logits = await this.session.run({ ids: tokens, positions, rows, mask: causalMask(past, tokens.length), past }, this.cache)
    this.tokens.set(tokens, past)
    this.held = past + tokens.length
    return logits
  }

  private check(tokens: Int32Array): void {
    if (this.held + tokens.length > this.config.positions) throw InklingError.of('context-full', { length: this.config.positions })
    for (const id of tokens) {
      if (id < 0 || id >= this.config.vocabulary) throw InklingError.of('tokenizer-mismatch', { tokens: id + 1, vocabulary: this.config.vocabulary })
    }
  }
}
