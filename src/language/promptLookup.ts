import type { Context } from './languageModel'

/** A pair of tokens that stood in the text before tells what may come: the tokens that followed it there. */
const fewestMatching = 2

/** Longer matches are not told apart. */
const mostMatching = 6

/** More than any token id. */
const idBase = 2 ** 22

/** Where a context does not say what checking costs. */
const usualCosts: DraftCosts = [{ drafted: 3, cost: 1.5 }, { drafted: 7, cost: 2.1 }]

type DraftCosts = NonNullable<Context['draftCosts']>

/** How fast old experience fades: the last twenty drafted tokens count most. */
const fading = 0.95

/** How often a drafted token was right, for one length of match. Optimistic at first, so that it is tried. */
interface Experience {
  right: number
  tried: number
}

/**
 * Drafts what a text will say next from what it said before (prompt lookup decoding, Saxena 2023): the words behind the
 * latest place that ends as the text ends now. A draft is as long as pays by what became of earlier ones; where none
 * would, there is none.
 */
export class PromptLookup {
  private readonly tokens: number[] = []
  /** Index behind the latest occurrence of each pair, the one at the end excepted. */
  private readonly places = new Map<number, number>()
  private readonly experiences: readonly Experience[] = Array.from({ length: mostMatching + 1 }, () => ({ right: 1, tried: 2 }))
  private matching = 0

  constructor(private readonly costs: DraftCosts = usualCosts) {}

  push(token: number): void {
    const end = this.tokens.length
    if (end >= fewestMatching) this.places.set(this.pairAt(end), end)
    this.tokens.push(token)
  }

  /** @returns at most `most` tokens that may come next; remembered until `learn` */
  draft(most: number): readonly number[] {
    const end = this.tokens.length
    const place = end < fewestMatching ? undefined : this.places.get(this.pairAt(end))
    if (place === undefined) return []
    this.matching = this.matchingBefore(place, end)
    const { right, tried } = this.experiences[this.matching] ?? { right: 0, tried: 1 }
    return this.tokens.slice(place, place + Math.min(most, worthDrafting(right / tried, this.costs)))
  }

  /** Hears how many tokens of the last draft were right, and whether a wrong one followed. */
  learn(right: number, isWrongBehind: boolean): void {
    const experience = this.experiences[this.matching]
    if (experience === undefined) return
    for (let i = 0; i < right + (isWrongBehind ? 1 : 0); i++) {
      experience.right = experience.right * fading + (i < right ? 1 : 0)
      experience.tried = experience.tried * fading + 1
    }
  }

  private pairAt(end: number): number {
    return (this.tokens[end - 2] ?? 0) * idBase + (this.tokens[end - 1] ?? 0)
  }

  private matchingBefore(place: number, end: number): number {
    let length = fewestMatching
    while (length < mostMatching && place > length && this.tokens[place - length - 1] === this.tokens[end - length - 1]) length++
    return length
  }
}

/** @param rate probability that a drafted token is right when those before it are */
function worthDrafting(rate: number, costs: DraftCosts): number {
  let best = 0
  let bestGain = 1
  for (const { drafted, cost } of costs) {
    let expected = 0
    for (let i = 1; i <= drafted; i++) expected += rate ** i
    const gain = (1 + expected) / cost
    if (gain > bestGain) [best, bestGain] = [drafted, gain]
  }
  return best
}
