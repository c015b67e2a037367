import type { ErrorOnWire } from '../../base/errors'
import { backends, type Backend, type ProcessBackend } from '../ganEngine'
import type { RunSummary } from '../runs'
import { isRunId } from '../runs'
import type { TrainingSettings } from '../settings'
import type { Call, Settled } from './calls'
import { isAnything, isBoolean, isBytes, isListOf, isNumber, isObject, isOneOf, isOptional, isText, isUnion, isWhole, type Check } from './check'
import { isQuestion, isTrainerNews, type Opened, type Question, type TrainerNews } from './trainerProtocol'

/**
 * The Studio's page and the extension host. The host owns files, dialogs and the editor; the page asks. The host takes
 * no path, command or URL from the page: only run ids that it made itself, bytes, and names that it cleans.
 */
export type HostCalls = {
  /** First call of a page. */
  readonly hello: { readonly ask: object; readonly answer: Welcome }
  readonly listRuns: { readonly ask: object; readonly answer: { readonly runs: readonly RunSummary[] } }
  readonly createRun: { readonly ask: { readonly name: string; readonly settings: TrainingSettings }; readonly answer: { readonly run: RunSummary } }
  /** `good`: the last checkpoint before an alarm, else the newest. No checkpoint yet: undefined. */
  readonly openRun: { readonly ask: { readonly runId: string; readonly which: 'newest' | 'good' }; readonly answer: { readonly run: RunSummary; readonly checkpoint: Uint8Array | undefined } }
  readonly renameRun: { readonly ask: { readonly runId: string; readonly name: string }; readonly answer: { readonly run: RunSummary } }
  /** The host asks the user first. */
  readonly deleteRun: { readonly ask: { readonly runId: string }; readonly answer: { readonly deleted: boolean } }
  readonly revealRun: { readonly ask: { readonly runId: string }; readonly answer: object }
  /** Atomic. Answers when it is on the disk. */
  readonly saveCheckpoint: { readonly ask: { readonly runId: string; readonly step: number; readonly good: boolean; readonly backend: Backend; readonly settings: TrainingSettings; readonly checkpoint: Uint8Array }; readonly answer: object }
  /** The host asks where to. */
  readonly export: { readonly ask: { readonly kind: ExportKind; readonly files: readonly NamedBytes[] }; readonly answer: { readonly saved: boolean } }
  /** A PNG beside the Markdown file that was last active, and its link at the caret. `alt` describes the picture. */
  readonly insertPicture: { readonly ask: { readonly png: Uint8Array; readonly alt: string }; readonly answer: { readonly inserted: boolean } }
  /** The user chooses PNG and JPEG files or a folder of them. 0: nothing. */
  readonly choosePictures: { readonly ask: object; readonly answer: { readonly count: number } }
  /** The next of the chosen pictures, until none is left. undefined: the user would rather not. */
  readonly readPictures: { readonly ask: object; readonly answer: { readonly batch: PictureBatch | undefined } }
  /** Pictures of the user's own, packed, kept with the run so that it can be resumed. */
  readonly saveData: { readonly ask: { readonly runId: string; readonly data: Uint8Array }; readonly answer: object }
  readonly openData: { readonly ask: { readonly runId: string }; readonly answer: { readonly data: Uint8Array | undefined } }
  /**
   * Opens a run in the process that trains natively, from its checkpoint where it has one. That process's checkpoints go
   * to the disk without passing the page.
   */
  readonly openInProcess: {
    readonly ask: { readonly runId: string; readonly which: 'newest' | 'good'; readonly backend: ProcessBackend; readonly change: Partial<TrainingSettings> }
    readonly answer: OpenedRun
  }
  /** Passes a question on to that process and its answer back. */
  readonly askProcess: { readonly ask: { readonly question: Question }; readonly answer: unknown }
  /** The page trains on its own from now on. */
  readonly endProcess: { readonly ask: object; readonly answer: object }
  readonly remember: { readonly ask: { readonly preferences: Preferences }; readonly answer: object }
}

export interface OpenedRun {
  readonly run: RunSummary
  readonly opened: Opened
  readonly pictures: 'mnist' | 'own'
}

/** The editor loses what is beyond some 250 buffers in one message, so the files of a batch share one. */
export interface PictureBatch {
  readonly files: readonly { readonly name: string; readonly sizeBytes: number }[]
  /** The files one after another. */
  readonly bytes: Uint8Array
  readonly refused: readonly RefusedFile[]
  /** How many are still to come. */
  readonly left: number
}

export interface RefusedFile {
  readonly name: string
  readonly error: ErrorOnWire
}

export type ExportKind = 'png' | 'gif' | 'csv' | 'layers-model' | 'keras'

export interface NamedBytes {
  /** A file name without folders. */
  readonly name: string
  readonly bytes: Uint8Array
}

export interface Welcome {
  readonly runs: readonly RunSummary[]
  /** The run that was open when the panel or window closed. */
  readonly restore: string | undefined
  readonly preferences: Preferences
}

/** What the Studio remembers between sessions. */
export interface Preferences {
  /** Chosen by the user; undefined: the fastest measured. */
  readonly backend: Backend | undefined
  readonly measured: readonly Measured[]
  readonly openRun: string | undefined
}

/** What a backend was found to take here. */
export interface Measured {
  readonly backend: Backend
  /** undefined: it cannot be used, for this reason. */
  readonly stepMs: number | undefined
  readonly reason: string | undefined
}

/** What the page says unasked. */
export type PageNews =
  /** For the status bar and the notification, a few times a second at most. */
  | { readonly type: 'training'; readonly state: 'running' | 'paused' | 'finished' | 'idle'; readonly name: string; readonly step: number; readonly steps: number; readonly stepsPerSecond: number; readonly secondsLeft: number }
  | { readonly type: 'log'; readonly level: 'info' | 'error'; readonly text: string }

/** What the host says unasked. */
export type HostNews =
  /** The user pressed a button outside the page, or a command. */
  | { readonly type: 'control'; readonly action: 'run' | 'pause' | 'checkpoint' }
  /** From the process that trains natively; its checkpoints the host keeps to itself. */
  | { readonly type: 'trainer'; readonly news: Exclude<TrainerNews, { readonly type: 'checkpoint' }> }
  | { readonly type: 'trainerGone'; readonly error: ErrorOnWire }
  | { readonly type: 'saved'; readonly runId: string; readonly step: number }
  | { readonly type: 'savingFailed'; readonly error: ErrorOnWire }

export type FromPage = Call<HostCalls> | PageNews
export type ToPage = Settled | HostNews

const maximumFiles = 20_000
const nothing = isObject({})
const runId = isRunId as Check<string>
const fileName: Check<string> = (value): value is string => typeof value === 'string' && /^[\w][\w .()-]{0,99}$/.test(value)
const anyBackend: Check<Backend> = isOneOf(...backends)
const namedBytes: Check<NamedBytes> = isObject({ name: fileName, bytes: isBytes })
export const isPreferences: Check<Preferences> = isObject({
  backend: isOptional(anyBackend),
  measured: isListOf(isObject({ backend: anyBackend, stepMs: isOptional(isNumber), reason: isOptional(isText(500)) }), backends.length),
  openRun: isOptional(runId),
})

const asks: { readonly [K in keyof HostCalls]: Check<HostCalls[K]['ask']> } = {
  hello: nothing,
  listRuns: nothing,
  createRun: isObject({ name: isText(200), settings: isAnything as Check<TrainingSettings> }),
  openRun: isObject({ runId, which: isOneOf('newest', 'good') }),
  renameRun: isObject({ runId, name: isText(200) }),
  deleteRun: isObject({ runId }),
  revealRun: isObject({ runId }),
  saveCheckpoint: isObject({ runId, step: isWhole(0, 1e7), good: isBoolean, backend: anyBackend, settings: isAnything as Check<TrainingSettings>, checkpoint: isBytes }),
  export: isObject({ kind: isOneOf('png', 'gif', 'csv', 'layers-model', 'keras'), files: isListOf(namedBytes, maximumFiles) }),
  insertPicture: isObject({ png: isBytes, alt: isText(500) }),
  choosePictures: nothing,
  readPictures: nothing,
  saveData: isObject({ runId, data: isBytes }),
  openData: isObject({ runId }),
  openInProcess: isObject({ runId, which: isOneOf('newest', 'good'), backend: isOneOf('native', 'tfjs-node'), change: isAnything as Check<Partial<TrainingSettings>> }),
  askProcess: isObject({ question: isQuestion }),
  endProcess: nothing,
  remember: isObject({ preferences: isPreferences }),
}

const isCallHead = isObject({ type: isOneOf('call'), id: isWhole(1, Number.MAX_SAFE_INTEGER), name: isOneOf(...(Object.keys(asks) as (keyof HostCalls)[])), ask: isAnything })

const isPageNews = isUnion<PageNews>({
  training: isObject({ state: isOneOf('running', 'paused', 'finished', 'idle'), name: isText(200), step: isNumber, steps: isNumber, stepsPerSecond: isNumber, secondsLeft: isNumber }),
  log: isObject({ level: isOneOf('info', 'error'), text: isText(4000) }),
})

/** Everything that the host accepts from the page. */
export const isFromPage: Check<FromPage> = (value): value is FromPage => isPageNews(value) || (isCallHead(value) && asks[value.name](value.ask))

const isError = isObject({ code: isText(100), facts: isAnything as Check<ErrorOnWire['facts']> })

/** Everything that the page accepts from the host; answers are taken as their call promised. */
export const isToPage: Check<ToPage> = isUnion<ToPage>({
  answer: isObject({ id: isNumber, answer: isAnything }),
  refusal: isObject({ id: isNumber, error: isError }),
  control: isObject({ action: isOneOf('run', 'pause', 'checkpoint') }),
  trainer: isObject({ news: isTrainerNews as Check<Exclude<TrainerNews, { type: 'checkpoint' }>> }),
  trainerGone: isObject({ error: isError }),
  saved: isObject({ runId, step: isNumber }),
  savingFailed: isObject({ error: isError }),
})
