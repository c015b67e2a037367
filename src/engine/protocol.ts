import type { ErrorOnWire } from '../base/errors'
import type { Continuation, ContinuationRequest } from '../language/continuation'
import type { ModelDescription, TokenScore } from '../language/languageModel'

/**
 * The one protocol between the extension host (or any client) and the engine child. Every call carries the model it
 * wants, so that the child keeps no state that a restart would lose; the child loads on first use and says so by `status`.
 * Every call settles exactly once: `result`, `failed` or `cancelled`.
 */

/** Which model to run, and how. Two equal specs are one loaded model. */
export interface ModelSpec {
  /** Folder with Hugging Face's files. */
  readonly folder: string
  readonly precision: 'int8' | 'int4' | 'fp32'
  readonly device: string
  /** 0 lets the engine choose. */
  readonly threads: number
  /** Where graphs made from weights are kept; nothing is written when undefined. */
  readonly cacheFolder: string | undefined
}

/** How the next token is drawn; `greedy` takes the likeliest. */
export type Sampling =
  | { readonly kind: 'greedy'; readonly repetitionPenalty: number }
  | {
      readonly kind: 'sample'
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

/** One kind of call: what goes in, what comes out, and what may come before that. */
interface Call<Params, Result, Partial = never> {
  readonly params: Params & { readonly model: ModelSpec }
  readonly result: Result
  readonly partial: Partial
}

export interface EngineCalls {
  /** Loads the model ahead of its first use. */
  load: Call<object, LoadedModel>
  /** Continuations at a caret; partials are candidate texts as they grow. */
  continue: Call<ContinueParams, readonly Continuation[], CandidateText>
  /** Free text; partials are pieces to append. */
  generate: Call<GenerateParams, GenerateResult, GeneratedPiece>
  score: Call<ScoreParams, ScoreResult>
  tokenize: Call<{ readonly text: string }, Tokenized>
}

export type EngineMethod = keyof EngineCalls
export type Params<M extends EngineMethod> = EngineCalls[M]['params']
export type Result<M extends EngineMethod> = EngineCalls[M]['result']
export type PartialResult<M extends EngineMethod> = EngineCalls[M]['partial']

export interface LoadedModel {
  readonly description: ModelDescription
  readonly contextLength: number
  readonly loadMs: number
}

export interface ContinueParams {
  /** Requests of one session (a document) share a key/value cache. */
  readonly session: string
  readonly request: ContinuationRequest
}

export interface CandidateText {
  readonly candidate: number
  /** Everything of this candidate so far. */
  readonly text: string
}

export interface GenerateParams {
  readonly prompt: string
  readonly maxNewTokens: number
  readonly sequences: number
  readonly sampling: Sampling
  /** Generation ends before the first of these. */
  readonly stop: readonly string[]
}

export interface GeneratedPiece {
  readonly sequence: number
  readonly text: string
}

export interface GeneratedSequence {
  /** The continuation alone. */
  readonly text: string
  readonly tokens: readonly number[]
  /** Sum over `tokens`, natural logarithm, under the model's unmodified distribution. */
  readonly logprob: number
  readonly finish: 'length' | 'eos' | 'stop'
}

export interface GenerateResult {
  readonly promptTokens: number
  /** True when the prompt was longer than the context and only its end was read. */
  readonly promptCut: boolean
  readonly sequences: readonly GeneratedSequence[]
  readonly prefillMs: number
  readonly decodeMs: number
}

export interface ScoreParams {
  readonly text: string
  readonly alternatives: number
}

export interface ScoreResult {
  readonly tokens: readonly (TokenScore & { readonly text: string })[]
  readonly bits: number
  readonly bytes: number
}

export interface Tokenized {
  readonly ids: readonly number[]
  readonly pieces: readonly string[]
}

/** Client → engine. */
export type ToEngine =
  | { readonly [M in EngineMethod]: { readonly type: 'call'; readonly id: number; readonly method: M; readonly params: Params<M> } }[EngineMethod]
  | { readonly type: 'cancel'; readonly id: number }

/** Engine → client. */
export type FromEngine =
  | { readonly type: 'partial'; readonly id: number; readonly value: unknown }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorOnWire }
  | { readonly type: 'cancelled'; readonly id: number }
  | { readonly type: 'status'; readonly status: LoadStatus }
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly text: string }

/** What the child is doing about a model. */
export type LoadStatus =
  /** `fraction` in [0, 1]. */
  | { readonly kind: 'loading'; readonly folder: string; readonly fraction: number }
  | { readonly kind: 'loaded'; readonly folder: string; readonly loaded: LoadedModel }
  | { readonly kind: 'unloaded'; readonly folder: string }
