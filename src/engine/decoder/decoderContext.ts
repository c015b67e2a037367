import { InklingError } from '../../base/errors'
import type { Branches, Context, TokenScore } from '../../language/languageModel'
import { scoreLogits } from '../../language/scoreLogits'
import { DecoderBranches } from './decoderBranches'
import type { DecoderSession } from './decoderSession'
import { Sequence, type Reuse } from './sequence'

export interface DecoderOptions {
  /** Most tokens of a text, the opening ones included. */
  readonly positions: number
  readonly reuse: Reuse
  /** What the model wants to see before every text, such as `<s>`; may be empty. It stands before the tokens that a context counts. */
  readonly opening: Int32Array
}

/**
 * One text over a session that all contexts of a model share. Asking for more tokens than there are positions is refused
 * with `context-full` before anything runs; making room is the caller's.
 */
export class DecoderContext implements Context {
  private readonly sequence: Sequence
  readonly extendEach: Context['extendEach']
  private forked = false

  constructor(private readonly session: DecoderSession, private readonly options: DecoderOptions) {
    this.sequence = new Sequence(session, options.reuse, options.positions)
    this.extendEach = options.reuse === 'chunks' ? (tokens, signal) => this.runEach(tokens, signal) : undefined
  }

  get length(): number {
    return Math.max(0, this.sequence.length - this.options.opening.length)
  }

  truncate(length: number): void {
    this.refuseWhileForked()
    if (!Number.isInteger(length) || length < 0 || length > this.length) throw new RangeError(`Cannot truncate ${this.length} tokens to ${length}`)
    // The opening stays, once it is there.
    this.sequence.truncate(Math.min(this.sequence.length, this.options.opening.length + length))
  }

  async extend(tokens: Int32Array, signal?: AbortSignal): Promise<Float32Array> {
    if (tokens.length === 0) throw new RangeError('No tokens to extend with')
    this.check(tokens)
    let last: Float32Array = new Float32Array(0)
    await this.sequence.append(this.opened(tokens), 'last', (logits) => { last = logits }, signal)
    return last
  }

  async score(tokens: Int32Array, alternatives: number, signal?: AbortSignal): Promise<readonly TokenScore[]> {
    this.check(tokens)
    const [first] = tokens
    if (first === undefined) return []
    const scores: TokenScore[] = []
    const isFirst = this.length === 0
    // Also behind an opening: the first token of a text has nothing before it.
    if (isFirst) scores.push({ id: first, logprob: null, rank: null, entropy: null, alternatives: [] })
    const { sequence, options: { opening } } = this
    const firstTarget = opening.length + this.length + (isFirst ? 1 : 0)
    const end = opening.length + this.length + tokens.length
    const { vocabulary } = this.session.graph
    await sequence.append(this.opened(tokens), 'all', (logits, place) => {
      // The logits of a token predict the next one.
      const from = Math.max(place, firstTarget - 1)
      const targets = sequence.tokens.slice(from + 1, Math.min(place + logits.length / vocabulary + 1, end))
      if (targets.length === 0) return
      const begin = (from - place) * vocabulary
      scores.push(...scoreLogits(logits.subarray(begin, begin + targets.length * vocabulary), targets, alternatives, vocabulary))
    }, signal, isFirst ? 0 : 1)
    return scores
  }

  fork(count: number): Branches {
    this.refuseWhileForked()
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`Cannot fork into ${count}`)
    this.forked = true
    return new DecoderBranches(this.session, this.options, this.sequence, count, () => { this.forked = false })
  }

  dispose(): void {
    this.sequence.release()
  }

  /** Logits after each token: [n, vocabulary]. */
  private async runEach(tokens: Int32Array, signal?: AbortSignal): Promise<Float32Array> {
    if (tokens.length === 0) throw new RangeError('No tokens to extend with')
    this.check(tokens)
    const { vocabulary } = this.session.graph
    const opened = this.opened(tokens)
    const first = this.sequence.length + opened.length - tokens.length
    const all = new Float32Array(tokens.length * vocabulary)
    await this.sequence.append(opened, 'all', (logits, place) => {
      const from = Math.max(place, first)
      all.set(logits.subarray((from - place) * vocabulary, (first + tokens.length - place) * vocabulary), (from - first) * vocabulary)
    }, signal)
    return all
  }

  /** `tokens` as they are run: behind the opening where nothing was run yet. */
  private opened(tokens: Int32Array): Int32Array {
    const { opening } = this.options
    const missing = opening.subarray(Math.min(this.sequence.length, opening.length))
    if (missing.length === 0) return tokens
    const all = new Int32Array(missing.length + tokens.length)
    all.set(missing)
    all.set(tokens, missing.length)
    return all
  }

  private check(tokens: Int32Array): void {
    this.refuseWhileForked()
    const { positions, opening } = this.options
    if (this.length + tokens.length > positions - opening.length) throw InklingError.of('context-full', { length: positions - opening.length })
    this.session.checkTokens(tokens)
  }

  private refuseWhileForked(): void {
    if (this.forked) throw new Error('The context has living branches')
  }
}
