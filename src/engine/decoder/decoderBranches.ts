import { throwIfCancelled } from '../../base/cancellation'
import { InklingError } from '../../base/errors'
import type { Branches } from '../../language/languageModel'
import { CacheRows, rowBytes, type Elements } from './cacheRows'
import type { DecoderOptions } from './decoderContext'
import type { DecoderSession } from './decoderSession'
import type { Sequence } from './sequence'

/** Keys and values that run at once: an export takes those of every branch whole, prefix included. */
const mostBatchBytes = 192 << 20

interface Branch {
  /** Behind the prefix. */
  readonly tokens: number[]
  /** Rows of these tokens, each for every tensor of the cache. */
  readonly rows: (readonly Elements[])[]
}

/**
 * Candidates over one prefix. Branches of equal length run as one batch; each keeps the rows of its own tokens only, and
 * prefix and rows are put together for a step. What a step gives back is what the next one of the same branches takes, so
 * branches that grow in lock step copy nothing.
 */
export class DecoderBranches implements Branches {
  private readonly branches: readonly Branch[]
  private readonly prefix: number
  private given: CacheRows
  private taken: CacheRows
  /** The branches whose rows `given` holds, in the order of its texts. */
  private packed: readonly number[] = []
  private disposed = false

  /** @param onDispose called once when the branches are gone */
  constructor(
    private readonly session: DecoderSession,
    private readonly options: DecoderOptions,
    private readonly sequence: Sequence,
    readonly count: number,
    private readonly onDispose: () => void,
  ) {
    this.prefix = sequence.length
    this.branches = Array.from({ length: count }, () => ({ tokens: [], rows: [] }))
    this.given = new CacheRows(session.graph)
    this.taken = new CacheRows(session.graph)
  }

  async extend(branches: readonly number[], tokens: Int32Array, signal?: AbortSignal): Promise<readonly Float32Array[]> {
    if (this.disposed) throw new Error('The branches are disposed')
    this.check(branches, tokens)
    const found = branches.map(() => new Float32Array(0))
    for (const places of this.batches(branches)) {
      throwIfCancelled(signal)
      const members = places.map((place) => branches[place] ?? 0)
      const logits = await this.run(members, places.map((place) => tokens[place] ?? 0))
      const { vocabulary } = this.session.graph
      // The next batch writes over these.
      places.forEach((place, i) => { found[place] = logits.slice(i * vocabulary, (i + 1) * vocabulary) })
    }
    return found
  }

  dispose(): void {
    if (this.disposed) return
    this.disposed = true
    this.given.release()
    this.taken.release()
    this.onDispose()
  }

  /** Places in `branches` that run together: of equal length, and as many as fit. */
  private batches(branches: readonly number[]): readonly (readonly number[])[] {
    const byDepth = new Map<number, number[]>()
    branches.forEach((branch, place) => {
      const depth = this.branch(branch).tokens.length
      byDepth.set(depth, [...(byDepth.get(depth) ?? []), place])
    })
    return [...byDepth].flatMap(([depth, places]) => {
      const bytes = Math.max(1, rowBytes(this.session.graph) * (this.prefix + depth + 1))
      const most = this.session.graph.batches ? Math.max(1, Math.floor(mostBatchBytes / bytes)) : 1
      return Array.from({ length: Math.ceil(places.length / most) }, (_, i) => places.slice(i * most, (i + 1) * most))
    })
  }

  /** Appends a token to each of some branches of equal length. @returns logits [members, vocabulary] */
  private async run(members: readonly number[], tokens: readonly number[]): Promise<Float32Array> {
    const depth = this.branch(members[0] ?? 0).tokens.length
    const length = this.prefix + depth
    const reuses = this.options.reuse !== 'none'
    if (reuses) this.pack(members, length)
    else this.given.shape(members.length, 0)
    const ids = reuses ? Int32Array.from(tokens) : this.wholeTexts(members, tokens, length + 1)
    const logits = await this.session.run({ ids, batch: members.length, past: reuses ? length : 0, logits: 'last' }, this.given, this.taken)
    const [given, taken] = [this.taken, this.given]
    this.given = given
    this.taken = taken
    members.forEach((member, text) => {
      const branch = this.branch(member)
      branch.tokens.push(tokens[text] ?? 0)
      if (reuses) branch.rows.push(given.readRow(text, length))
    })
    return logits
  }

  /** Makes `given` hold the rows of these branches. */
  private pack(members: readonly number[], length: number): void {
    const { given } = this
    const isPacked = given.rows === length && members.length === this.packed.length && members.every((member, i) => member === this.packed[i])
    if (isPacked) return
    this.packed = members
    given.shape(members.length, length)
    members.forEach((member, text) => {
      given.copyPrefix(text, this.sequence.rows, this.prefix)
      this.branch(member).rows.forEach((row, i) => given.writeRow(text, this.prefix + i, row))
    })
  }

  /** [members, length] */
  private wholeTexts(members: readonly number[], tokens: readonly number[], length: number): Int32Array {
    const ids = new Int32Array(members.length * length)
    members.forEach((member, text) => {
      ids.set(this.sequence.tokens.subarray(0, this.prefix), text * length)
      ids.set([...this.branch(member).tokens, tokens[text] ?? 0], text * length + this.prefix)
    })
    return ids
  }

  private branch(index: number): Branch {
    const branch = this.branches[index]
    if (branch === undefined) throw new RangeError(`There is no branch ${index}`)
    return branch
  }

  private check(branches: readonly number[], tokens: Int32Array): void {
    if (branches.length !== tokens.length) throw new RangeError(`${branches.length} branches cannot take ${tokens.length} tokens`)
    if (new Set(branches).size !== branches.length) throw new RangeError('A branch takes one token at a time')
    const { positions, opening } = this.options
    for (const branch of branches) {
      if (this.prefix + this.branch(branch).tokens.length >= positions) throw InklingError.of('context-full', { length: positions - opening.length })
    }
    this.session.checkTokens(tokens)
  }
}
