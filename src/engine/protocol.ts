import type { ErrorOnWire } from '../base/errors'
import type { Continuation, ContinuationRequest } from '../language/continuation'
import type { Generation, GenerationRequest } from '../language/generate'
import type { ModelDescription } from '../language/languageModel'
import type { TextScore } from '../language/score'

/**
 * The one protocol between the extension host (or any client) and the engine child. Every call carries the model it
 * wants, so that the child keeps no state that a restart would lose; the child loads on first use and says so by `status`.
 * Every call settles exactly once: `result`, `failed` or `cancelled`.
 */

/** Which model to run, and how. Two specs that differ in nothing but `keepInMemoryMs` are one loaded model. */
export interface ModelSpec {
  /** Folder with Hugging Face's files. */
  readonly folder: string
  /** What to call it, where the folder's own name says nothing. */
  readonly name?: string
  readonly precision: 'int8' | 'int4' | 'fp32'
  readonly device: 'auto' | 'cpu' | 'webgpu' | 'cuda' | 'directml' | 'coreml'
  /** 0 lets the engine choose. */
  readonly threads: number
  /** Where graphs made from weights are kept; nothing is written when undefined. */
  readonly cacheFolder: string | undefined
  /** How long the model stays in memory after this call; as the engine thinks best when undefined. */
  readonly keepInMemoryMs?: number | undefined
}

/** What the model inside the extension is called. */
export const embeddedModelName = 'Inkling 7M'

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
  score: Call<ScoreParams, TextScore>
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

export type GenerateParams = GenerationRequest

export interface GeneratedPiece {
  readonly sequence: number
  /** To be put behind what this sequence has so far. */
  readonly text: string
}

export interface GenerateResult extends Generation {
  readonly prefillMs: number
  readonly decodeMs: number
}

export interface ScoreParams {
  readonly text: string
  readonly alternatives: number
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
  /** Something was done otherwise than asked, and yet done: a device fell back to the processor. */
  | { readonly type: 'warning'; readonly error: ErrorOnWire }

/** What the child is doing about a model. */
export type LoadStatus =
  /** `fraction` in [0, 1]. */
  | { readonly kind: 'loading'; readonly folder: string; readonly fraction: number }
  | { readonly kind: 'loaded'; readonly folder: string; readonly loaded: LoadedModel }
  | { readonly kind: 'unloaded'; readonly folder: string }
