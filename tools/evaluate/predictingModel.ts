import { throwIfCancelled } from '../../src/base/cancellation'
import type { Branches, Context, LanguageModel, TokenScore } from '../../src/language/languageModel'
import { logSumExp } from '../../src/language/probabilities'
import type { Tokenizer } from '../../src/language/tokenizer'

/** A language model that counts instead of computing: it needs nothing but the tokens themselves. */
export abstract class PredictingModel implements LanguageModel {
  readonly contextLength = 512
  readonly description

  constructor(
    name: string,
    readonly tokenizer: Tokenizer,
  ) {
    this.description = { name, architecture: 'counts', parameters: 0, precision: 'fp32', device: 'cpu' } as const
  }

  /** @returns [vocabulary] natural logarithms of probabilities */
  abstract predict(tokens: readonly number[]): Float32Array

  open(): Context {
    return new TokenContext(this)
  }

  dispose(): void {}
}

class TokenContext implements Context {
  private readonly tokens: number[] = []

  constructor(private readonly model: PredictingModel) {}

  get length(): number {
    return this.tokens.length
  }

  truncate(length: number): void {
    this.tokens.length = length
  }

  async extend(tokens: Int32Array, signal?: AbortSignal): Promise<Float32Array> {
    throwIfCancelled(signal)
    this.tokens.push(...tokens)
    return this.model.predict(this.tokens)
  }

  /** Without ranks and alternatives: nobody asks for them here. */
  async score(tokens: Int32Array): Promise<readonly TokenScore[]> {
    return Array.from(tokens, (id) => {
      const logits = this.model.predict(this.tokens)
      const logprob = this.tokens.length === 0 ? null : (logits[id] ?? -Infinity) - logSumExp(logits)
      this.tokens.push(id)
      return { id, logprob, rank: null, entropy: null, alternatives: [] }
    })
  }

  fork(count: number): Branches {
    const branches = Array.from({ length: count }, () => [...this.tokens])
    return {
      count,
      extend: async (indices, tokens, signal) => {
        throwIfCancelled(signal)
        return indices.map((index, i) => {
          const branch = branches[index] ?? []
          branch.push(tokens[i] ?? 0)
          return this.model.predict(branch)
        })
      },
      dispose: () => {},
    }
  }

  dispose(): void {}
}
