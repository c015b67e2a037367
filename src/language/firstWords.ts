import type { BranchPool } from './branchPool'
import type { Expectation } from './expectation'
import { begins, type HealedText, type Reading } from './healedText'
import { joins, parts, type TextEnd, type TokenKind } from './tokenKind'
import { emptyPath, followed, type TokenPath } from './tokenPath'
import type { Choice, KindSummary, TokenTable } from './tokenTable'

/** A first word that a continuation may begin with. */
export interface FirstWord {
  /** The likeliest way to write it. */
  readonly path: TokenPath
  /** What it adds to the healed letters; never empty. */
  readonly visible: string
  /** Given the healed letters, and that the word ends there. */
  readonly probability: number
  /** What the model expects behind `path`. */
  readonly next: KindSummary
}

export interface FirstWordLimits {
  readonly candidates: number
  readonly minProbability: number
  /** The most tokens of one path. */
  readonly deepest: number
}

/** A path whose continuation the model was not asked for yet. */
interface Leaf {
  readonly path: TokenPath
  readonly reading: Reading
}

interface Word {
  mass: number
  likeliest: { readonly path: TokenPath; readonly next: KindSummary }
}

/** Paths that are run at once: a batch of six costs about one and a half steps. */
const width = 6
/** A word that needs more is too unusual to be offered. */
const mostRounds = 8
/** How many ways on from one place are looked at: where a word begins, and inside one. */
const beginnings = 8
const insides = 3
/** A path that has not written all healed letters is followed while it may hold this share of what agrees with them. */
const worthHealing = 0.05

/**
 * Finds the likeliest first words behind a prompt, best first over token paths.
 *
 * The probability of a word is that of its letters, whichever tokens write them: the sum over the paths found of the
 * product of their tokens' probabilities, times the probability that the word ends there, which is that of all tokens
 * which do not go on with it. It is taken relative to everything that agrees with the healed letters. When the healed
 * letters are a whole word, the word behind it is the first one, because it is what would be seen. Paths that cannot
 * change the answer are not followed; if the search ends before all that could are done, what they hold counts as
 * something else, so that the probability is never too high.
 */
export class FirstWordSearch {
  private readonly words = new Map<string, Word>()
  private leaves: Leaf[] = []
  /** Probability of all that agrees with the healed letters, as far as it is known. */
  private agreeing: number
  /** Probability of paths that were given up before it was known how much of it agrees. */
  private undecided = 0

  constructor(
    private readonly table: TokenTable,
    private readonly expectation: Expectation,
    private readonly text: HealedText,
    private readonly limits: FirstWordLimits,
  ) {
    this.agreeing = text.free ? 1 : 0
  }

  /**
   * @param logits after the prompt: [vocabulary]
   * @returns likeliest first, with different texts
   * @throws InklingError `numbers-not-finite`; CancelledError
   */
  async run(pool: BranchPool, logits: Float32Array, signal?: AbortSignal): Promise<readonly FirstWord[]> {
    this.visit({ path: emptyPath, reading: this.text.read(emptyPath.bytes) }, logits)
    for (let round = 0; round < mostRounds; round++) {
      const chosen = this.takePromising()
      if (chosen.length === 0) break
      const visit = (index: number, after: Float32Array): void => {
        const leaf = chosen[index]
        if (leaf !== undefined) this.visit(leaf, after)
      }
      await pool.evaluate(chosen.map(({ path }) => path.tokens), visit, signal)
    }
    return this.result()
  }

  private visit(leaf: Leaf, said: Float32Array): void {
    const { path, reading } = leaf
    const { logits, next } = this.expectation.after(path.tokens, said)
    if (reading.missing.length > 0) return this.heal(leaf, logits, next.logSum)
    if (reading.complete) this.record(reading.visible, path, next, reading.end)
    const accept = (kind: TokenKind): boolean => joins(kind, reading.end) || (!reading.complete && begins(kind, reading))
    const count = reading.complete ? insides : beginnings
    this.grow(path, this.table.likeliest(this.table.idsOf(accept), logits, next.logSum, count))
  }

  /** Follows the tokens that agree with the healed letters. */
  private heal({ path, reading }: Leaf, logits: Float32Array, logSum: number): void {
    const { covering, partial } = this.table.agreeing(reading.missing)
    const share = covering.reduce((sum, id) => sum + Math.exp((logits[id] ?? -Infinity) - logSum), 0)
    this.agreeing += Math.exp(path.logprob) * share
    this.grow(path, this.table.likeliest([covering], logits, logSum, beginnings))
    this.grow(path, this.table.likeliest([partial], logits, logSum, partial.length))
  }

  private grow(path: TokenPath, choices: readonly Choice[]): void {
    if (path.tokens.length >= this.limits.deepest) return
    for (const choice of choices) {
      const longer = followed(path, choice, this.table)
      this.leaves.push({ path: longer, reading: this.text.read(longer.bytes) })
    }
  }

  private record(visible: string, path: TokenPath, next: KindSummary, end: TextEnd): void {
    const mass = Math.exp(path.logprob) * massBeyond(next, end)
    const known = this.words.get(visible)
    if (known === undefined) {
      this.words.set(visible, { mass, likeliest: { path, next } })
      return
    }
    known.mass += mass
    if (path.logprob > known.likeliest.path.logprob) known.likeliest = { path, next }
  }

  /** Takes the leaves that are worth a step of the model and forgets those that never will be. */
  private takePromising(): readonly Leaf[] {
    const masses = [...this.words.values()].map(({ mass }) => mass).sort((a, b) => b - a)
    const toBeat = Math.max(masses[this.limits.candidates - 1] ?? 0, this.limits.minProbability * this.agreeing)
    const worth = this.leaves.filter(({ path, reading }) => {
      const reach = Math.exp(path.logprob)
      if (reading.missing.length === 0) return reach > toBeat
      const worthwhile = reach > worthHealing * this.agreeing
      if (!worthwhile) this.undecided += reach
      return worthwhile
    })
    worth.sort((a, b) => b.path.logprob - a.path.logprob)
    this.leaves = worth.slice(width)
    return worth.slice(0, width)
  }

  private result(): readonly FirstWord[] {
    const unhealed = this.leaves.filter(({ reading }) => reading.missing.length > 0)
    const all = unhealed.reduce((sum, { path }) => sum + Math.exp(path.logprob), this.agreeing + this.undecided)
    return [...this.words]
      .map(([visible, { mass, likeliest }]) => ({ ...likeliest, visible, probability: mass / all }))
      .filter(({ probability }) => probability > 0 && probability >= this.limits.minProbability)
      .sort((a, b) => b.probability - a.probability)
      .slice(0, this.limits.candidates)
  }
}

/** Probability that nothing goes on with the word that the text ends in. */
export function massBeyond({ mass }: KindSummary, end: TextEnd): number {
  return mass.reduce((sum, share, kind) => (parts(kind, end) ? sum + share : sum), 0)
}
