import type { Alarm } from '../src/gan/alarm'
import type { Frame } from '../src/gan/frames'
import type { Backend } from '../src/gan/ganEngine'
import type { Measured, Preferences } from '../src/gan/protocol/hostProtocol'
import type { Score } from '../src/gan/quality'
import type { RunSummary } from '../src/gan/runs'
import { defaultPreset, presets, type TrainingSettings } from '../src/gan/settings'
import type { Store } from './store'

/** `opening` until the trainer holds the run; `closed` when there is none, or the trainer lost it. */
export type Phase = 'closed' | 'opening' | 'paused' | 'running' | 'finished'

/** Something to tell the user, until they close it. */
export interface Notice {
  readonly kind: 'error' | 'info'
  readonly text: string
  /** A run that was lost in mid-training, to be opened again from its last checkpoint. */
  readonly reopen: RunSummary | undefined
}

/** A run as it is open in the trainer. */
export interface OpenRun {
  readonly summary: RunSummary
  readonly settings: TrainingSettings
  readonly backend: Backend
  readonly pictures: 'mnist' | 'own'
}

/** A backend while the backends are measured; `failed` says why it cannot be used. */
export interface Measurement extends Measured {
  readonly state: 'waiting' | 'measuring' | 'done' | 'failed'
}

/** The parts of the page. */
export type TabName = 'watch' | 'play' | 'runs' | 'settings'

/** Everything that the page shows, but for the curves, which grow too fast to be copied. */
export interface StudioState {
  readonly ready: boolean
  readonly tab: TabName
  readonly runs: readonly RunSummary[]
  readonly preferences: Preferences
  readonly open: OpenRun | undefined
  readonly phase: Phase
  readonly step: number
  readonly stepsPerSecond: number
  readonly secondsLeft: number
  readonly memoryBytes: number
  readonly frames: readonly Frame[]
  readonly scores: readonly Score[]
  /** Counts the rows that were added to the curves. */
  readonly curveRows: number
  readonly alarm: Alarm | undefined
  readonly notice: Notice | undefined
  /** Settings to begin the form of a new run with. */
  readonly draft: TrainingSettings
  /** What the page is busy with before training, in words. */
  readonly busy: string | undefined
  readonly measuring: readonly Measurement[]
  /** 40 real pictures, in the order of the samples: where a column asks for a digit, that digit. */
  readonly realPixels: Uint8Array | undefined
  /** Step at which the newest checkpoint was written. */
  readonly savedStep: number | undefined
}

export type StudioStore = Store<StudioState>

export const initialStudioState: StudioState = {
  ready: false,
  tab: 'watch',
  runs: [],
  preferences: { backend: undefined, measured: [], openRun: undefined },
  open: undefined,
  phase: 'closed',
  step: 0,
  stepsPerSecond: 0,
  secondsLeft: Number.POSITIVE_INFINITY,
  memoryBytes: 0,
  frames: [],
  scores: [],
  curveRows: 0,
  alarm: undefined,
  notice: undefined,
  draft: presets[defaultPreset],
  busy: undefined,
  measuring: [],
  realPixels: undefined,
  savedStep: undefined,
}
