import { indexOfHighest } from './probabilities'
import { kindOf, TokenKind, tokenKinds } from './tokenKind'
import type { Tokenizer } from './tokenizer'

/** What a distribution says about each kind of token. */
export interface KindSummary {
  /** Logarithm of the sum of the exponentials of all logits; taken from a logit it gives the log-probability. */
  readonly logSum: number
  /** [kinds] probability of all tokens of a kind together */
  readonly mass: Float64Array
  /** [kinds] the likeliest token of each kind, undefined where there is none */
  readonly best: readonly (Choice | undefined)[]
}

/** A token and its log-probability. */
export interface Choice {
  readonly id: number
  readonly logprob: number
}

/**
 * A vocabulary laid out for constrained decoding: the kind and the bytes of every token. Questions about a distribution
 * walk all of it once, as the softmax does, which costs less than the model's own step by far.
 */
export class TokenTable {
  /** [vocabulary] */
  private readonly kinds: Uint8Array
  /** Bytes of token i: bytes[starts[i] .. starts[i + 1]] */
  private readonly starts: Int32Array
  private readonly bytes: Uint8Array
  private readonly idsByKind: readonly Int32Array[]

  constructor(tokenizer: Tokenizer) {
    const size = tokenizer.vocabularySize
    this.kinds = new Uint8Array(size)
    this.starts = new Int32Array(size + 1)
    const all: Uint8Array[] = []
    const byKind = Array.from({ length: tokenKinds }, (): number[] => [])
    for (let id = 0; id < size; id++) {
      const bytes = tokenizer.isSpecial(id) ? new Uint8Array() : tokenizer.bytes(id)
      all.push(bytes)
      const kind = id === tokenizer.endOfText ? TokenKind.End : kindOf(bytes)
      this.kinds[id] = kind
      byKind[kind]?.push(id)
      this.starts[id + 1] = (this.starts[id] ?? 0) + bytes.length
    }
    this.bytes = new Uint8Array(this.starts[size] ?? 0)
    all.forEach((bytes, id) => this.bytes.set(bytes, this.starts[id]))
    this.idsByKind = byKind.map((ids) => Int32Array.from(ids))
  }

  kind(id: number): TokenKind {
    return this.kinds[id] ?? TokenKind.None
  }

  bytesOf(id: number): Uint8Array {
    return this.bytes.subarray(this.starts[id] ?? 0, this.starts[id + 1] ?? 0)
  }

  /**
   * @param logits [model's vocabulary], natural scale; rows beyond the tokenizer's are of no kind
   * @throws InklingError `numbers-not-finite`
   */
  summarize(logits: Float32Array): KindSummary {
    const highest = logits[indexOfHighest(logits)] ?? 0
    const mass = new Float64Array(tokenKinds)
    const best = new Int32Array(tokenKinds).fill(-1)
    const bestLogit = new Float64Array(tokenKinds).fill(-Infinity)
    for (let id = 0; id < logits.length; id++) {
      const logit = logits[id] ?? 0
      const kind = this.kinds[id] ?? TokenKind.None
      mass[kind] = (mass[kind] ?? 0) + Math.exp(logit - highest)
      if (logit > (bestLogit[kind] ?? 0)) {
        bestLogit[kind] = logit
        best[kind] = id
      }
    }
    const sum = mass.reduce((total, share) => total + share, 0)
    const logSum = highest + Math.log(sum)
    return {
      logSum,
      mass: mass.map((share) => share / sum),
      best: Array.from(best, (id, kind) => (id < 0 ? undefined : { id, logprob: (bestLogit[kind] ?? 0) - logSum })),
    }
  }

  /** All tokens of the kinds that `accept` takes. */
  idsOf(accept: (kind: TokenKind) => boolean): readonly Int32Array[] {
    return this.idsByKind.filter((_, kind) => accept(kind))
  }

  /**
   * The `count` likeliest tokens of some lists, likeliest first.
   * @param logits [model's vocabulary], natural scale
   */
  likeliest(lists: readonly ArrayLike<number>[], logits: Float32Array, logSum: number, count: number): Choice[] {
    const found: Choice[] = []
    let lowest = -Infinity
    for (const ids of lists) {
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i] ?? 0
        const logprob = (logits[id] ?? -Infinity) - logSum
        if (logprob <= lowest) continue
        const place = found.findIndex((choice) => choice.logprob < logprob)
        found.splice(place < 0 ? found.length : place, 0, { id, logprob })
        if (found.length > count) found.pop()
        if (found.length === count) lowest = found.at(-1)?.logprob ?? -Infinity
      }
    }
    return found
  }

  /**
   * Tokens that agree with `wanted`, which is not empty: those that begin with it, and those that it begins with.
   */
  agreeing(wanted: Uint8Array): { readonly covering: readonly number[]; readonly partial: readonly number[] } {
    const covering: number[] = []
    const partial: number[] = []
    for (let id = 0; id < this.kinds.length; id++) {
      const start = this.starts[id] ?? 0
      const length = (this.starts[id + 1] ?? 0) - start
      if (length === 0 || this.bytes[start] !== wanted[0]) continue
      if (!this.agrees(start, wanted, Math.min(length, wanted.length))) continue
      if (length >= wanted.length) covering.push(id)
      else partial.push(id)
    }
    return { covering, partial }
  }

  private agrees(start: number, wanted: Uint8Array, length: number): boolean {
    for (let i = 1; i < length; i++) if (this.bytes[start + i] !== wanted[i]) return false
    return true
  }
}
