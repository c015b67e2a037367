import { throwIfCancelled } from '../../src/base/cancellation'
import type { Branches, Context, LanguageModel, TokenScore } from '../../src/language/languageModel'
import type { Tokenizer } from '../../src/language/tokenizer'

/** What a test may want to know of the work that was done. */
export interface Work {
  /** Tokens run by `extend` and `score`, and by branches. */
  tokens: number
  /** Calls that a real model would answer by running its graph once. */
  runs: number
}

export interface NgramOptions {
  readonly contextLength?: number
  /** Called before each token is run; may throw or abort. */
  readonly beforeToken?: () => void
}

/**
 * A language model of counted n-grams: the prediction is what followed the longest known end of the context (up to three
 * tokens), mixed with what follows shorter ends. Deterministic, and it writes what it was trained on.
 */
export class NgramModel implements LanguageModel {
  readonly contextLength: number
  readonly description = { name: 'ngram', architecture: 'ngram', parameters: 0, precision: 'fp32', device: 'cpu' } as const
  readonly work: Work = { tokens: 0, runs: 0 }
  private readonly followers = new Map<string, Map<number, number>>()

  constructor(
    readonly tokenizer: Tokenizer,
    text: string,
    readonly options: NgramOptions = {},
  ) {
    this.contextLength = options.contextLength ?? 256
    const ids = tokenizer.encode(text)
    ids.forEach((id, i) => {
      for (let order = 0; order <= 3 && order <= i; order++) this.count(ids.subarray(i - order, i), id)
    })
  }

  open(): NgramContext {
    return new NgramContext(this)
  }

  dispose(): void {}

  /** @returns [vocabulary] natural logarithms of probabilities */
  predict(context: readonly number[]): Float32Array {
    let everything = 1 / this.tokenizer.vocabularySize
    const seen = new Map<number, number>()
    for (let order = 0; order <= Math.min(3, context.length); order++) {
      const counts = this.followers.get(context.slice(context.length - order).join(' '))
      if (counts === undefined) break
      const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
      // The longer the context, the more it is believed; something is always left for everything.
      const share = order === 3 ? 0.9 : 0.8
      everything *= 1 - share
      for (const [id, probability] of seen) seen.set(id, probability * (1 - share))
      for (const [id, count] of counts) seen.set(id, (seen.get(id) ?? 0) + (share * count) / total)
    }
    const logprobs = new Float32Array(this.tokenizer.vocabularySize).fill(Math.log(everything))
    for (const [id, probability] of seen) logprobs[id] = Math.log(probability + everything)
    return logprobs
  }

  private count(context: Int32Array, id: number): void {
    const key = context.join(' ')
    const counts = this.followers.get(key) ?? new Map<number, number>()
    counts.set(id, (counts.get(id) ?? 0) + 1)
    this.followers.set(key, counts)
  }
}

class NgramContext implements Context {
  readonly tokens: number[] = []
  private forked = false

  constructor(private readonly model: NgramModel) {}

  get length(): number {
    return this.tokens.length
  }

  truncate(length: number): void {
    this.requireWhole()
    if (length < 0 || length > this.tokens.length) throw new Error(`cannot truncate ${this.tokens.length} to ${length}`)
    this.tokens.length = length
  }

  async extend(tokens: Int32Array, signal?: AbortSignal): Promise<Float32Array> {
    this.requireWhole()
    if (tokens.length === 0) throw new Error('nothing to extend by')
    await this.run(tokens, signal, () => {})
    return this.model.predict(this.tokens)
  }

  readonly draftCosts = [{ drafted: 3, cost: 1.5 }, { drafted: 7, cost: 2.1 }]

  async extendEach(tokens: Int32Array, signal?: AbortSignal): Promise<Float32Array> {
    this.requireWhole()
    const rows: Float32Array[] = []
    const before = this.tokens.length
    await this.run(tokens, signal, () => {})
    tokens.forEach((_, i) => rows.push(this.model.predict(this.tokens.slice(0, before + i + 1))))
    const all = new Float32Array(rows.length * this.model.tokenizer.vocabularySize)
    rows.forEach((row, i) => all.set(row, i * row.length))
    return all
  }

  async score(tokens: Int32Array, alternatives: number, signal?: AbortSignal): Promise<readonly TokenScore[]> {
    this.requireWhole()
    const scores: TokenScore[] = []
    await this.run(tokens, signal, (id) => scores.push(this.scoreNext(id, alternatives)))
    return scores
  }

  fork(count: number): Branches {
    this.requireWhole()
    this.forked = true
    const branches = Array.from({ length: count }, () => [...this.tokens])
    return {
      count,
      extend: async (indices, tokens, signal) => {
        await Promise.resolve()
        throwIfCancelled(signal)
        if (!this.forked) throw new Error('the branches are disposed')
        if (new Set(indices).size !== indices.length || indices.length !== tokens.length) throw new Error('one token for each branch')
        this.model.work.runs++
        return indices.map((index, i) => {
          const branch = branches[index]
          if (branch === undefined) throw new Error(`no branch ${index}`)
          if (branch.length >= this.model.contextLength) throw new Error('the context is full')
          this.model.work.tokens++
          branch.push(tokens[i] ?? 0)
          return this.model.predict(branch)
        })
      },
      dispose: () => {
        this.forked = false
      },
    }
  }

  dispose(): void {}

  private requireWhole(): void {
    if (this.forked) throw new Error('the context is forked')
  }

  private async run(tokens: Int32Array, signal: AbortSignal | undefined, before: (id: number) => void): Promise<void> {
    if (this.tokens.length + tokens.length > this.model.contextLength) throw new Error('the context is full')
    this.model.work.runs++
    for (const id of tokens) {
      await Promise.resolve()
      this.model.options.beforeToken?.()
      throwIfCancelled(signal)
      before(id)
      this.model.work.tokens++
      this.tokens.push(id)
    }
  }

  private scoreNext(id: number, alternatives: number): TokenScore {
    if (this.tokens.length === 0) return { id, logprob: null, rank: null, entropy: null, alternatives: [] }
    const logprobs = this.model.predict(this.tokens)
    const own = logprobs[id] ?? -Infinity
    const order = [...logprobs.keys()].sort((a, b) => (logprobs[b] ?? 0) - (logprobs[a] ?? 0))
    return {
      id,
      logprob: own,
      rank: logprobs.filter((logprob) => logprob > own).length,
      entropy: -logprobs.reduce((sum, logprob) => sum + Math.exp(logprob) * logprob, 0),
      alternatives: order.slice(0, alternatives).map((other) => ({ id: other, logprob: logprobs[other] ?? -Infinity })),
    }
  }
}
