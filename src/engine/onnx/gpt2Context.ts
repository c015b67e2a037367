import { throwIfCancelled } from '../../base/cancellation'
import { InklingError } from '../../base/errors'
import type { Gpt2Config } from '../../gpt2/config'
import type { Branches, Context, Exactness, TokenScore } from '../../language/languageModel'
import { scoreLogits } from '../../language/scoreLogits'
import { causalMask } from './causalMask'
import { Gpt2Branches } from './gpt2Branches'
import { checkTokens } from './checkTokens'
import type { Step, StepRunner, Steps } from './step'

/** Tokens of a prompt that run at once: long enough to fill the processor, short enough that a new keystroke waits little. */
const chunkTokens = 128

/** Logits that are in memory at a time while scoring: 8 MiB. */
const scoredLogits = 1 << 21

/**
 * One token sequence over a session that all contexts of a model share. Asking for more tokens than the model has positions
 * is refused with `context-full` before anything runs; making room is the caller's.
 */
export class Gpt2Context implements Context {
  private readonly steps: Steps
  /** The tokens held, and room for the rest. */
  private readonly tokens: Int32Array
  private held = 0
  private forked = false

  constructor(runner: StepRunner, private readonly config: Gpt2Config) {
    this.steps = runner.open()
    this.tokens = new Int32Array(config.positions)
  }

  get length(): number {
    return this.held
  }

  truncate(length: number): void {
    this.refuseWhileForked()
    if (!Number.isInteger(length) || length < 0 || length > this.held) throw new RangeError(`Cannot truncate ${this.held} tokens to ${length}`)
    this.held = length
  }

  async extend(tokens: Int32Array, signal?: AbortSignal, { exactWithin = Infinity }: Exactness = {}): Promise<Float32Array> {
    if (tokens.length === 0) throw new RangeError('No tokens to extend with')
    this.check(tokens)
    const body = tokens.length >= this.steps.promptTokens ? tokens.length - 1 : tokens.length
    for (let from = 0; ; ) {
      throwIfCancelled(signal)
      const chunk = tokens.subarray(from, from < body ? Math.min(from + chunkTokens, body) : tokens.length)
      from += chunk.length
      const isLast = from === tokens.length
      const logits = await this.run(chunk, this.held, isLast ? Int32Array.of(chunk.length - 1) : new Int32Array(0), exactWithin)
      if (isLast) return logits
    }
  }

  get draftCosts(): Context['draftCosts'] {
    return this.steps.draftCosts
  }

  async extendEach(tokens: Int32Array, signal?: AbortSignal): Promise<Float32Array> {
    if (tokens.length === 0) throw new RangeError('No tokens to extend with')
    this.check(tokens)
    throwIfCancelled(signal)
    return this.run(tokens, this.held, Int32Array.from(tokens, (_, i) => i))
  }

  async score(tokens: Int32Array, alternatives: number, signal?: AbortSignal): Promise<readonly TokenScore[]> {
    this.check(tokens)
    if (tokens.length === 0) return []
    const scores: TokenScore[] = []
    // What predicts the first token are the logits after the last one held: that one runs again.
    const start = Math.max(0, this.held - 1)
    const sequence = new Int32Array(this.held - start + tokens.length)
    sequence.set(this.tokens.subarray(start, this.held))
    sequence.set(tokens, this.held - start)
    if (this.held === 0) scores.push({ id: sequence[0] ?? 0, logprob: null, rank: null, entropy: null, alternatives: [] })
    const { steps, config: { vocabulary } } = this
    const chunkRows = steps.score ? chunkTokens : Math.max(1, Math.min(chunkTokens, Math.floor(scoredLogits / vocabulary)))
    for (let from = 0; from < sequence.length; from += chunkRows) {
      throwIfCancelled(signal)
      const chunk = sequence.subarray(from, from + chunkRows)
      const targets = sequence.subarray(from + 1, from + 1 + chunk.length)
      const step = this.stepOf(chunk, start + from, Int32Array.from(targets, (_, i) => i))
      scores.push(...(steps.score ? await steps.score(step, targets, alternatives) : scoreLogits(await steps.run(step), targets, alternatives, vocabulary)))
      this.hold(chunk, start + from)
    }
    return scores
  }

  fork(count: number): Branches {
    this.refuseWhileForked()
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`Cannot fork into ${count}`)
    this.forked = true
    return new Gpt2Branches(this.steps, this.config, this.held, count, () => { this.forked = false })
  }

  dispose(): void {
    this.held = 0
    this.steps.release()
  }

  /** Runs `tokens` after the first `past` rows and holds them then. @returns logits [rows.length, vocabulary] */
  private async run(tokens: Int32Array, past: number, rows: Int32Array, exactWithin = Infinity): Promise<Float32Array> {
    const logits = await this.steps.run(this.stepOf(tokens, past, rows, exactWithin))
    this.hold(tokens, past)
    return logits
  }

  private stepOf(tokens: Int32Array, past: number, rows: Int32Array, exactWithin = Infinity): Step {
    return { ids: tokens, positions: Int32Array.from(tokens, (_, i) => past + i), rows, mask: causalMask(past, tokens.length), past, exactWithin }
  }

  private hold(tokens: Int32Array, past: number): void {
    this.tokens.set(tokens, past)
    this.held = past + tokens.length
  }

  private check(tokens: Int32Array): void {
    this.refuseWhileForked()
    if (this.held + tokens.length > this.config.positions) throw InklingError.of('context-full', { length: this.config.positions })
    checkTokens(tokens, this.config)
  }

  private refuseWhileForked(): void {
    if (this.forked) throw new Error('The context has living branches')
  }
}
