import type { ErrorOnWire } from '../../base/errors'
import type { Alarm } from '../alarm'
import { backends, type Backend } from '../ganEngine'
import type { Score } from '../quality'
import type { TrainingSettings } from '../settings'
import type { Call, Settled } from './calls'
import { isAnything, isBoolean, isBytes, isFloats, isNumber, isObject, isOneOf, isOptional, isUnion, isWhole, type Check } from './check'

/**
 * The Studio's page on one side; on the other whoever trains: a worker in the page, or a child process behind the host.
 * Both speak this. A trainer holds one run at a time.
 */
export type TrainerCalls = {
  /** Loads what the trainer needs once. The page fetches the files: a worker in a webview cannot. */
  readonly load: {
    readonly ask: {
      /** A packed data set (`packDataset`), not compressed; undefined: the shipped digits, where the trainer reads them itself. */
      readonly data: Uint8Array | undefined
      /** wasm backend only: tfjs's own wasm file and our kernels. */
      readonly tfjsWasm: Uint8Array | undefined
      readonly kernels: Uint8Array | undefined
      /** Weights of the digit classifier; without them only the shipped digits are scored, by whoever reads those itself. */
      readonly classifier: Uint8Array | undefined
    }
    readonly answer: { readonly count: number; readonly labelled: boolean }
  }
  /** Milliseconds of one step of these settings, the median of `steps`, after one to warm up where there is something to warm up. Not while a run is open. */
  readonly measure: { readonly ask: { readonly backend: Backend; readonly settings: TrainingSettings; readonly steps: number }; readonly answer: { readonly stepMs: number } }
  /** Opens a run at step 0. A run that was open is closed. */
  readonly create: { readonly ask: { readonly backend: Backend; readonly settings: TrainingSettings }; readonly answer: Opened }
  /** Opens a run from a checkpoint, on any backend. `change`: settings to change before it goes on (the remedy of an alarm, more steps). */
  readonly resume: { readonly ask: { readonly backend: Backend; readonly checkpoint: Uint8Array; readonly change: Partial<TrainingSettings> }; readonly answer: Opened }
  /** Trains until `settings.steps`, `pause`, an alarm or a failure. Answers at once. */
  readonly run: { readonly ask: object; readonly answer: object }
  /** Answers when the run stands still and its checkpoint has been said. */
  readonly pause: { readonly ask: object; readonly answer: { readonly step: number } }
  /** One step of a paused run. */
  readonly stepOnce: { readonly ask: object; readonly answer: { readonly step: number } }
  readonly change: { readonly ask: { readonly change: Partial<TrainingSettings> }; readonly answer: { readonly settings: TrainingSettings } }
  /** Draws: [n, 784] grey levels. Between two steps when a run is going. */
  readonly sample: {
    readonly ask: { readonly latents: Float32Array; readonly labels: Uint8Array | undefined; readonly weights: 'raw' | 'average' | 'untrained' }
    readonly answer: { readonly pixels: Uint8Array }
  }
  readonly score: { readonly ask: object; readonly answer: { readonly score: Score } }
  /** The whole run as a checkpoint file. */
  readonly snapshot: { readonly ask: object; readonly answer: { readonly step: number; readonly checkpoint: Uint8Array } }
  /** Frees the run. */
  readonly close: { readonly ask: object; readonly answer: object }
}

/** What the page needs to show a run that was just opened. */
export interface Opened {
  readonly settings: TrainingSettings
  readonly backend: Backend
  readonly step: number
  /** [rows, 6], columns as in `curveColumns` */
  readonly curves: Float32Array
  readonly scores: readonly Score[]
  readonly frames: readonly { readonly step: number; readonly pixels: Uint8Array }[]
}

export type TrainerState = 'paused' | 'running' | 'finished'

/** What the trainer says unasked. */
export type TrainerNews =
  | { readonly type: 'state'; readonly state: TrainerState; readonly step: number }
  /** About ten times a second while it runs. `rows`: the curve rows since the last one, [n, 6]. */
  | { readonly type: 'progress'; readonly step: number; readonly steps: number; readonly rows: Float32Array; readonly stepsPerSecond: number; readonly secondsLeft: number; readonly memoryBytes: number }
  /** A frame of the fixed latents, [40, 784]. */
  | { readonly type: 'frame'; readonly step: number; readonly pixels: Uint8Array }
  | { readonly type: 'scored'; readonly score: Score }
  /** To be written to disk. `good`: no alarm so far, so a remedy may start from it. */
  | { readonly type: 'checkpoint'; readonly step: number; readonly good: boolean; readonly backend: Backend; readonly settings: TrainingSettings; readonly checkpoint: Uint8Array }
  /** The run is paused because of it. */
  | { readonly type: 'alarm'; readonly alarm: Alarm }
  /** The run cannot go on here; it is closed. The last checkpoint stands. */
  | { readonly type: 'lost'; readonly step: number; readonly error: ErrorOnWire }

/** What the page may ask of a trainer that runs behind the host. Loading and opening is the host's, which has the files. */
export const questionNames = ['measure', 'run', 'pause', 'stepOnce', 'change', 'sample', 'score', 'snapshot', 'close'] as const
export type QuestionName = (typeof questionNames)[number]
export type Question = { readonly [K in QuestionName]: { readonly name: K; readonly ask: TrainerCalls[K]['ask'] } }[QuestionName]

export type TrainerCall = Call<TrainerCalls>
export type ToTrainer = TrainerCall
export type FromTrainer = Settled | TrainerNews

const isBackendName: Check<Backend> = isOneOf(...backends)
const nothing = isObject({})
/** Settings are checked by `parseSettings`, which says what is wrong with them. */
const isSettingsLike = isAnything as Check<TrainingSettings>
const isChangeLike = isAnything as Check<Partial<TrainingSettings>>

const asks: { readonly [K in keyof TrainerCalls]: Check<TrainerCalls[K]['ask']> } = {
  load: isObject({ data: isOptional(isBytes), tfjsWasm: isOptional(isBytes), kernels: isOptional(isBytes), classifier: isOptional(isBytes) }),
  measure: isObject({ backend: isBackendName, settings: isSettingsLike, steps: isWhole(1, 100) }),
  create: isObject({ backend: isBackendName, settings: isSettingsLike }),
  resume: isObject({ backend: isBackendName, checkpoint: isBytes, change: isChangeLike }),
  run: nothing,
  pause: nothing,
  stepOnce: nothing,
  change: isObject({ change: isChangeLike }),
  sample: isObject({ latents: isFloats, labels: isOptional(isBytes), weights: isOneOf('raw', 'average', 'untrained') }),
  score: nothing,
  snapshot: nothing,
  close: nothing,
}

const isCallHead = isObject({ type: isOneOf('call'), id: isWhole(1, Number.MAX_SAFE_INTEGER), name: isOneOf(...(Object.keys(asks) as (keyof TrainerCalls)[])), ask: isAnything })

export const isToTrainer: Check<ToTrainer> = (value): value is ToTrainer => isCallHead(value) && asks[value.name](value.ask)

const isQuestionHead = isObject({ name: isOneOf(...questionNames), ask: isAnything })

export const isQuestion: Check<Question> = (value): value is Question => isQuestionHead(value) && asks[value.name](value.ask)

const isError = isObject({ code: isAnything as Check<string>, facts: isAnything as Check<ErrorOnWire['facts']> })
const isScoreLike = isAnything as Check<Score>
const isAlarmLike = isAnything as Check<Alarm>

const isSettled = isUnion<Settled>({
  answer: isObject({ id: isNumber, answer: isAnything }),
  refusal: isObject({ id: isNumber, error: isError }),
})

export const isTrainerNews: Check<TrainerNews> = isUnion<TrainerNews>({
  state: isObject({ state: isOneOf('paused', 'running', 'finished'), step: isNumber }),
  progress: isObject({ step: isNumber, steps: isNumber, rows: isFloats, stepsPerSecond: isNumber, secondsLeft: isNumber, memoryBytes: isNumber }),
  frame: isObject({ step: isNumber, pixels: isBytes }),
  scored: isObject({ score: isScoreLike }),
  checkpoint: isObject({ step: isWhole(0, 1e7), good: isBoolean, backend: isBackendName, settings: isSettingsLike, checkpoint: isBytes }),
  alarm: isObject({ alarm: isAlarmLike }),
  lost: isObject({ step: isNumber, error: isError }),
})

/** Answers are taken as their call promised: they come from our own worker or child, checked by version, not by shape. */
export const isFromTrainer: Check<FromTrainer> = (value): value is FromTrainer => isTrainerNews(value) || isSettled(value)
