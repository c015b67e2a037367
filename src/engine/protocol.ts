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

/** Which model of this machine to run, and how. Two specs that differ in nothing but `keepInMemoryMs` are one loaded model. */
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

/** Which model of a server to ask. The key for it is no part of this: it is looked up where it is sent. */
export interface ServedModelSpec {
  /** The address below which `v1/completions` lies. */
  readonly server: string
  /** As the server names it; empty where it has only one. */
  readonly model: string
  /** Whether text may go to another machine without encryption. */
  readonly allowHttp: boolean
  /** False where the user has switched `http.proxyStrictSSL` off. */
  readonly strictCertificates: boolean
}

export type AnyModelSpec = ModelSpec | ServedModelSpec

/** What the model inside the extension is called. */
export const embeddedModelName = 'Inkling 15M'

/** One kind of call: what goes in, what comes out, and what may come before that. */
interface Call<Params, Result, Partial = never> {
  readonly params: Params
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
/** @typeParam S how the engine that is called names a model */
export type Params<M extends EngineMethod, S = ModelSpec> = EngineCalls[M]['params'] & { readonly model: S }
export type Result<M extends EngineMethod> = EngineCalls[M]['result']
export type PartialResult<M extends EngineMethod> = EngineCalls[M]['partial']

export interface LoadedModel {
  readonly description: ModelDescription | ServedModelDescription
  readonly contextLength: number
  readonly loadMs: number
}

/** What is known of a model that runs elsewhere. */
export interface ServedModelDescription {
  readonly name: string
  /** Who is asked, as in an address: name and port. */
  readonly host: string
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
export type ToEngine<S = ModelSpec> =
  | { readonly [M in EngineMethod]: { readonly type: 'call'; readonly id: number; readonly method: M; readonly params: Params<M, S> } }[EngineMethod]
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
  | { readonly type: 'warning'; readonly error: ErrorOnWire; readonly model: ModelSpec }

/** What the child is doing about a model. */
export type LoadStatus =
  /** `fraction` in [0, 1]. */
  | { readonly kind: 'loading'; readonly folder: string; readonly fraction: number }
  | { readonly kind: 'loaded'; readonly folder: string; readonly loaded: LoadedModel }
  | { readonly kind: 'unloaded'; readonly folder: string }
  /** It cannot be used at present; the next call may try again. */
  | { readonly kind: 'unavailable'; readonly folder: string; readonly error: ErrorOnWire }
