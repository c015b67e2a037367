import type { EngineState } from '../engine/client'
import { assertNever } from '../base/assertNever'
import { InklingError, type Remedy } from '../base/errors'

/** Everything the status item speaks about. */
export interface StatusInput {
  readonly engine: EngineState
  /** What is wrong with the model that the settings name for the document in view. */
  readonly modelError?: InklingError | undefined
  /** Milliseconds; 0 awake, Infinity until restart. */
  readonly snoozedMs: number
  /** Suggestions in the document that is in view; undefined when there is none. */
  readonly suggestions: 'on' | 'manual' | 'off' | undefined
  /** Who is sent the text; undefined where it stays on this machine. */
  readonly server: string | undefined
}

export interface StatusView {
  readonly kind: 'ready' | 'loading' | 'thinking' | 'snoozed' | 'off' | 'error'
  /** Codicon name. */
  readonly icon: string
  readonly text: string
  /** English; placeholders are filled by the host's translation. */
  readonly detail: string
  readonly facts: Readonly<Record<string, string | number>>
  /** What mends an error. */
  readonly remedy?: Remedy
}

/** What the status item says. The first that holds: error, loading, snoozed, off, thinking, ready. */
export function statusView(input: StatusInput): StatusView {
  const { engine } = input
  const error = errorOf(input)
  if (error) return { ...view('error', 'error', 'Inkling', error.template, error.facts), remedy: error.remedy }
  if (engine.kind === 'running' && engine.load?.kind === 'loading') {
    const percent = Math.round(engine.load.fraction * 100)
    return view('loading', 'loading~spin', `Inkling ${percent} %`, 'Loading the model: {percent} %.', { percent })
  }
  if (input.snoozedMs > 0) {
    if (!Number.isFinite(input.snoozedMs)) return view('snoozed', 'bell-slash', 'Inkling', 'Snoozed until the window is reloaded.')
    return view('snoozed', 'bell-slash', 'Inkling', 'Snoozed for {minutes} min.', { minutes: Math.ceil(input.snoozedMs / 60_000) })
  }
  if (input.suggestions === 'off') return view('off', 'circle-slash', 'Inkling', 'Suggestions are off here.')
  if (engine.kind === 'running' && engine.busy > 0) return view('thinking', 'loading~spin', 'Inkling', 'Thinking.')
  switch (input.suggestions) {
    case 'manual':
      return view('ready', 'edit', 'Inkling', 'Ready; suggests when asked.')
    case 'on':
    case undefined:
      return view('ready', 'edit', 'Inkling', 'Ready.')
    default:
      return assertNever(input.suggestions)
  }
}

function errorOf({ engine, modelError }: StatusInput): InklingError | undefined {
  if (engine.kind === 'stopped') return engine.error
  if (modelError) return modelError
  return engine.kind === 'running' && engine.load?.kind === 'unavailable' ? InklingError.fromWire(engine.load.error) : undefined
}

function view(kind: StatusView['kind'], icon: string, text: string, detail: string, facts: StatusView['facts'] = {}): StatusView {
  return { kind, icon, text, detail, facts }
}
