import { HighestFirst } from './highestFirst'
import type { Exactness } from './languageModel'
import { indexOfHighest, leadOfHighest, logSumExp, requireFinite } from './probabilities'
import { seededRandom, type Random } from './random'

/** How the next token is chosen; `greedy` takes the likeliest, of several the one with the lowest id. */
export type Sampling =
  | {
      readonly kind: 'greedy'
      /** 1 switches it off. */
      readonly repetitionPenalty: number
    }
  | {
      readonly kind: 'sample'
      /** Above 0. */
      readonly temperature: number
      /** 0 switches it off. */
      readonly topK: number
      /** 1 switches it off. */
      readonly topP: number
      /** 1 switches it off. */
      readonly repetitionPenalty: number
      /** 32-bit; equal seeds give equal text. */
      readonly seed: number
    }

type Drawing = Extract<Sampling, { kind: 'sample' }>

/** The logits that a choice depends on. */
export function neededFor({ kind, repetitionPenalty }: Sampling): Exactness {
  return kind === 'greedy' && repetitionPenalty === 1 ? { exactWithin: 0 } : {}
}

/** What may be drawn. */
export interface Distribution {
  /** In an order that depends on nothing but the logits. */
  readonly ids: Int32Array
  /** Sum to 1. */
  readonly probabilities: Float64Array
}

/** Logits in 32 bits of several tokens run at once differ from those of one alone by less than this, in nats. */
const closeCall = 1e-3

/** Chooses the tokens of one sequence. */
export class Sampler {
  private readonly random: Random
  private readonly seen = new Set<number>()

  /**
   * @param stream tells the sequences of one request apart, so that each draws its own numbers
   * @param prompt its tokens count as repeated too
   */
  constructor(
    private readonly sampling: Sampling,
    stream: number,
    prompt: Int32Array,
  ) {
    this.random = seededRandom(sampling.kind === 'sample' ? sampling.seed : 0, stream)
    for (const id of prompt) this.seen.add(id)
  }

  /** Whether the last bits of `logits` could decide what is chosen. Between draws they practically never do. */
  isCloseCall(logits: Float32Array): boolean {
    return this.sampling.kind === 'greedy' && leadOfHighest(penalize(logits, this.seen, this.sampling.repetitionPenalty)) < closeCall
  }

  /** @param logits [vocabulary], natural scale; left unchanged */
  choose(logits: Float32Array): number {
    const penalized = penalize(logits, this.seen, this.sampling.repetitionPenalty)
    const id = this.sampling.kind === 'greedy' ? indexOfHighest(penalized) : draw(distribution(penalized, this.sampling), this.random())
    this.seen.add(id)
    return id
  }
}

/**
 * Makes tokens that were there already less likely (Keskar et al. 2019, CTRL, section 4.1): a positive logit is divided by
 * `penalty`, a negative one multiplied.
 * @returns `logits` itself when there is nothing to change
 */
export function penalize(logits: Float32Array, seen: ReadonlySet<number>, penalty: number): Float32Array {
  if (penalty === 1) return logits
  const changed = logits.slice()
  for (const id of seen) {
    const logit = changed[id]
    if (logit !== undefined) changed[id] = logit < 0 ? logit * penalty : logit / penalty
  }
  return changed
}

/**
 * What is left of a distribution after temperature, top-k and top-p, in the order and with the meaning of Hugging Face's
 * `generate`: top-k keeps what ties with the k-th; top-p (Holtzman et al. 2020, section 3.1) keeps the likeliest tokens up
 * to and including the one that makes their sum reach p.
 * @param logits [vocabulary], natural scale, already penalized
 */
export function distribution(logits: Float32Array, { temperature, topK, topP }: Pick<Drawing, 'temperature' | 'topK' | 'topP'>): Distribution {
  const scaled = Float32Array.from(logits, (logit) => logit / temperature)
  requireFinite(scaled)
  const kept = topK > 0 && topK < scaled.length ? takeHighest(scaled, topK) : undefined
  return topP < 1 ? takeProbable(scaled, kept, topP) : normalized(scaled, kept ?? Int32Array.from(scaled, (_, id) => id))
}

/** The likeliest of the tokens `kept`, or of all, as many as make up the share `topP`; at least one. */
function takeProbable(scaled: Float32Array, kept: Int32Array | undefined, topP: number): Distribution {
  const order = new HighestFirst(scaled, kept)
  const total = logSumExp(kept === undefined ? scaled : Float64Array.from(kept, (id) => scaled[id] ?? 0))
  const ids: number[] = []
  for (let sum = 0; sum < topP || ids.length === 0; ) {
    const id = order.next()
    if (id === undefined) break
    ids.push(id)
    sum += Math.exp((scaled[id] ?? 0) - total)
  }
  return normalized(scaled, Int32Array.from(ids))
}

function normalized(scaled: Float32Array, ids: Int32Array): Distribution {
  const logits = Float64Array.from(ids, (id) => scaled[id] ?? 0)
  const total = logSumExp(logits)
  return { ids, probabilities: logits.map((logit) => Math.exp(logit - total)) }
}

/** The ids of the `count` highest values and of all that equal the last of them, highest first. */
function takeHighest(values: Float32Array, count: number): Int32Array {
  const order = new HighestFirst(values)
  const ids: number[] = []
  for (let id = order.next(); id !== undefined; id = order.next()) {
    if (ids.length >= count && (values[id] ?? 0) < (values[ids[count - 1] ?? 0] ?? 0)) break
    ids.push(id)
  }
  return Int32Array.from(ids)
}

/** @param point in [0, 1) */
function draw({ ids, probabilities }: Distribution, point: number): number {
  let sum = 0
  for (let i = 0; i < ids.length; i++) {
    sum += probabilities[i] ?? 0
    if (point < sum) return ids[i] ?? 0
  }
  return ids.at(-1) ?? 0
}
