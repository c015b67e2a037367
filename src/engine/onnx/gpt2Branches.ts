import { throwIfCancelled } from '../../base/cancellation'
import { InklingError } from '../../base/errors'
import type { Gpt2Config } from '../../gpt2/config'
import type { Branches, Exactness } from '../../language/languageModel'
import { checkTokens } from './checkTokens'
import { hidden, type Steps } from './step'

/**
 * Candidates over one prefix. Their rows stand in the prefix's own cache, behind it, in the order in which they came;
 * the mask shows each branch the prefix and its own rows. A row's place in the cache is not its position in the text, so
 * the cache may grow beyond the model's context while no branch does.
 */
export class Gpt2Branches implements Branches {
  /** Which branch each row behind the prefix belongs to. */
  private readonly owners: number[] = []
  /** How many tokens each branch has of its own. */
  private readonly depths: Int32Array
  private disposed = false

  /**
   * @param prefix rows that all branches share
   * @param onDispose called once when the branches are gone
   */
  constructor(
    private readonly steps: Steps,
    private readonly config: Gpt2Config,
    private readonly prefix: number,
    readonly count: number,
    private readonly onDispose: () => void,
  ) {
    this.depths = new Int32Array(count)
  }

  async extend(branches: readonly number[], tokens: Int32Array, signal?: AbortSignal, { exactWithin = Infinity }: Exactness = {}): Promise<readonly Float32Array[]> {
    if (this.disposed) throw new Error('The branches are disposed')
    this.check(branches, tokens)
    throwIfCancelled(signal)
    if (branches.length === 0) return []
    const positions = Int32Array.from(branches, (branch) => this.prefix + (this.depths[branch] ?? 0))
    const logits = await this.steps.run({
      ids: tokens,
      positions,
      rows: Int32Array.from(branches, (_, i) => i),
      mask: this.mask(branches),
      past: this.prefix + this.owners.length,
      exactWithin,
    })
    for (const branch of branches) {
      this.owners.push(branch)
      this.depths[branch] = (this.depths[branch] ?? 0) + 1
    }
    const { vocabulary } = this.config
    return branches.map((_, i) => logits.subarray(i * vocabulary, (i + 1) * vocabulary))
  }

  dispose(): void {
    if (this.disposed) return
    this.disposed = true
    this.onDispose()
  }

  /** [n, past + n]: a new token sees the prefix, the rows of its branch, and itself. */
  private mask(branches: readonly number[]): Float32Array {
    const past = this.prefix + this.owners.length
    const width = past + branches.length
    const mask = new Float32Array(branches.length * width)
    for (const [row, branch] of branches.entries()) {
      const start = row * width
      for (const [i, owner] of this.owners.entries()) if (owner !== branch) mask[start + this.prefix + i] = hidden
      mask.fill(hidden, start + past, start + width)
      mask[start + past + row] = 0
    }
    return mask
  }

  private check(branches: readonly number[], tokens: Int32Array): void {
    if (branches.length !== tokens.length) throw new RangeError(`${branches.length} branches cannot take ${tokens.length} tokens`)
    if (new Set(branches).size !== branches.length) throw new RangeError('A branch takes one token at a time')
    for (const branch of branches) {
      if (!Number.isInteger(branch) || branch < 0 || branch >= this.count) throw new RangeError(`There is no branch ${branch}`)
      if (this.prefix + (this.depths[branch] ?? 0) >= this.config.positions) throw InklingError.of('context-full', { length: this.config.positions })
    }
    checkTokens(tokens, this.config)
  }
}
