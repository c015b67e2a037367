import { longestMatch, type DocumentTokens, type Followers } from './documentTokens'
import type { KindSummary, TokenTable } from './tokenTable'

/** What is expected behind a token path. */
export interface Expected {
  /** [model's vocabulary], natural scale */
  readonly logits: Float32Array
  readonly next: KindSummary
}

export interface Expectation {
  /**
   * @param path tokens behind the prompt
   * @param logits what the model says behind them: [model's vocabulary]
   * @throws InklingError `numbers-not-finite`
   */
  after(path: readonly number[], logits: Float32Array): Expected
}

/** What the model says, and nothing else. */
export class ModelExpectation implements Expectation {
  constructor(private readonly table: TokenTable) {}

  after(_path: readonly number[], logits: Float32Array): Expected {
    return { logits, next: this.table.summarize(logits) }
  }
}

/**
 * How far what the document says is believed: logistic in the logarithms of how often the place was seen and of how many
 * different tokens followed there. Fitted by tools/evaluate/adaptation.py; see docs/evaluation.md.
 */
interface Trust {
  readonly bias: number
  readonly seen: number
  readonly different: number
}

/** By how many of the last tokens agree. */
const trust: readonly Trust[] = [
  { bias: -3.23, seen: -0.11, different: -0.13 },
  { bias: -4.31, seen: 0.51, different: -0.37 },
  { bias: -3.39, seen: 0.49, different: -0.74 },
  { bias: -2.74, seen: 2.05, different: -2.47 },
]

function trustIn({ total, counts }: Followers, { bias, seen, different }: Trust): number {
  return total === 0 ? 0 : 1 / (1 + Math.exp(-(bias + seen * Math.log(total) + different * Math.log(counts.size))))
}

/** A distribution in parts: a share of the model's, and shares of what followed elsewhere. */
export interface Blend {
  /** Of the model. */
  readonly left: number
  readonly parts: readonly { readonly share: number; readonly followers: Followers }[]
}

/** @param matches what followed the last tokens elsewhere, by how many of them agree, none first */
export function blendOf(matches: readonly Followers[]): Blend {
  const parts: { share: number; followers: Followers }[] = []
  // What is left for shorter matches, and for the model in the end, when the longer ones have had their share.
  let left = 1
  for (let order = matches.length - 1; order >= 0; order--) {
    const followers = matches[order]
    const trusted = trust[order]
    if (followers === undefined || trusted === undefined || followers.total === 0) continue
    const share = left * trustIn(followers, trusted)
    parts.push({ share, followers })
    left -= share
  }
  return { left, parts }
}

/** @param own the model's probability of token `id` */
export function blendedProbability({ left, parts }: Blend, id: number, own: number): number {
  return parts.reduce((sum, { share, followers }) => sum + (share * (followers.counts.get(id) ?? 0)) / followers.total, left * own)
}

/**
 * Mixes what the model says with what followed the same last tokens elsewhere in the document, so that its names and terms
 * come easily: from the shortest match to the longest each counts as far as it is trusted, and what went before it for the
 * rest (interpolation of a cache: Kuhn & De Mori 1990; of the longest matches: Cleary & Witten 1984).
 */
export class DocumentExpectation implements Expectation {
  private readonly prompt: readonly number[]

  /** @param document ends with the prompt */
  constructor(
    private readonly table: TokenTable,
    private readonly document: DocumentTokens,
  ) {
    this.prompt = document.tail(longestMatch)
  }

  after(path: readonly number[], logits: Float32Array): Expected {
    return this.mixed(logits, blendOf(this.document.followers([...this.prompt, ...path].slice(-longestMatch))))
  }

  /** Logits of the blend; those of tokens that nothing is added to stay as they are. */
  private mixed(logits: Float32Array, { left, parts }: Blend): Expected {
    const own = this.table.summarize(logits)
    const logSum = own.logSum - Math.log(left)
    const mass = own.mass.map((share) => share * left)
    const best = own.best.map((choice) => choice && { id: choice.id, logprob: choice.logprob + Math.log(left) })
    const changed = logits.slice()
    for (const { share, followers } of parts) {
      for (const [id, count] of followers.counts) {
        const probability = (share * count) / followers.total
        const kind = this.table.kind(id)
        const logprob = Math.log(Math.exp((changed[id] ?? -Infinity) - logSum) + probability)
        changed[id] = logprob + logSum
        mass[kind] = (mass[kind] ?? 0) + probability
        if (logprob > (best[kind]?.logprob ?? -Infinity)) best[kind] = { id, logprob }
      }
    }
    return { logits: changed, next: { logSum, mass, best } }
  }
}
