import type { IDisposable } from '../base/lifecycle'
import type { Tokenizer } from './tokenizer'

/** What a person wants to know about a model. */
export interface ModelDescription {
  readonly name: string
  /** For example `gpt2`. */
  readonly architecture: string
  /** Undefined where the files do not say it. */
  readonly parameters: number | undefined
  readonly precision: 'fp32' | 'fp16' | 'int8' | 'int4'
  /** Where it runs: `cpu`, `webgpu`, … */
  readonly device: string
}

/** Which logits a caller has to have exactly. */
export interface Exactness {
  /**
   * Those that are further than this below the highest may be estimates: lower than the highest, and with exponentials that
   * are right on average. In nats; infinite where nothing is said, so that all are exact.
   */
  readonly exactWithin?: number | undefined
}

/** A decoder that predicts the next token. */
export interface LanguageModel extends IDisposable {
  readonly tokenizer: Tokenizer
  /** The most tokens that one context can hold. */
  readonly contextLength: number
  readonly description: ModelDescription
  /** A new, empty context with a cache of its own. */
  open(): Context
}

/**
 * One growing token sequence and its key/value cache. Calls do not overlap: a caller awaits one before the next.
 * Cancellation is seen between chunks; a cancelled call leaves the rows that were finished and `length` says how many.
 */
export interface Context extends IDisposable {
  /** Tokens held. */
  readonly length: number
  /** Forgets the tail and keeps the first `length` tokens; O(1). */
  truncate(length: number): void
  /**
   * Appends `tokens` (at least one).
   * @returns the logits after the last one: [vocabulary], float32, natural scale; valid until the next call
   * @throws InklingError `numbers-not-finite`; CancelledError
   */
  extend(tokens: Int32Array, signal?: AbortSignal, exactness?: Exactness): Promise<Float32Array>
  /**
   * Appends a few `tokens` (at least one). Only where they cost hardly more at once than one alone.
   * @returns as `extend`, but after each of them: [n, vocabulary]
   */
  readonly extendEach?: ((tokens: Int32Array, signal?: AbortSignal) => Promise<Float32Array>) | undefined
  /**
   * What a step of `extendEach` costs that checks so many drafted tokens beside the one that it runs anyway, in steps of one;
   * ascending. Undefined where its numbers are not those of single steps, so that drafts could change a text.
   */
  readonly draftCosts?: readonly { readonly drafted: number; readonly cost: number }[] | undefined
  /**
   * Appends `tokens` and says how likely each was after what stood before it. The first token of an empty context has
   * nothing before it: its numbers are null.
   * @param alternatives how many of the likeliest tokens to list at each position
   */
  score(tokens: Int32Array, alternatives: number, signal?: AbortSignal): Promise<readonly TokenScore[]>
  /**
   * `count` candidates that grow in lock step over what the context holds now, as one batch. While the branches live the
   * context itself must not be changed; disposing the branches gives it back as it was.
   */
  fork(count: number): Branches
}

/** Candidates over one shared prefix. */
export interface Branches extends IDisposable {
  readonly count: number
  /**
   * Appends `tokens[i]` to branch `branches[i]`; branches that are not named rest.
   * @returns logits [vocabulary] float32 for each named branch, in that order; valid until the next call
   */
  extend(branches: readonly number[], tokens: Int32Array, signal?: AbortSignal, exactness?: Exactness): Promise<readonly Float32Array[]>
}

/** How likely a token was, in natural logarithms. */
export interface TokenScore {
  readonly id: number
  readonly logprob: number | null
  /** 0 is the likeliest. */
  readonly rank: number | null
  /** Entropy of the distribution that the token was drawn from, in nats. */
  readonly entropy: number | null
  readonly alternatives: readonly { readonly id: number; readonly logprob: number }[]
}
