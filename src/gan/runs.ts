import { isIntegerIn, isRecord, own } from '../base/json'
import { isBackend, type Backend } from './ganEngine'
import { parseSettings, type TrainingSettings } from './settings'

/** What the list of runs shows; kept as JSON beside a run's checkpoint. */
export interface RunSummary {
  /** Names the run's folder: letters, digits and hyphens. */
  readonly id: string
  readonly name: string
  /** ISO 8601 */
  readonly createdAt: string
  readonly settings: TrainingSettings
  /** Of the newest checkpoint. */
  readonly step: number
  readonly backend: Backend | undefined
}

/** Names inside a run's folder, for the Studio and the command line alike. */
export const runFiles = { summary: 'run.json', checkpoint: 'checkpoint.inkgan', good: 'good.inkgan', curves: 'curves.csv' } as const

export function isRunId(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z0-9][a-z0-9-]{0,63}$/.test(value)
}

/** A run's name as a person gives it: one line, not empty, at most 80 characters; undefined when nothing is left. */
export function cleanRunName(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  // eslint-disable-next-line no-control-regex -- control characters are what has to go
  const name = value.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim().slice(0, 80)
  return name === '' ? undefined : name
}

/** A summary from a file that may be anything; undefined when it is not one. */
export function parseRunSummary(value: unknown): RunSummary | undefined {
  if (!isRecord(value)) return undefined
  const [id, createdAt, step, backend] = ['id', 'createdAt', 'step', 'backend'].map((key) => own(value, key))
  const name = cleanRunName(own(value, 'name'))
  if (!isRunId(id) || name === undefined || typeof createdAt !== 'string' || Number.isNaN(Date.parse(createdAt)) || !isIntegerIn(step, 0, 1e7)) return undefined
  try {
    return { id, name, createdAt, settings: parseSettings(own(value, 'settings')), step, backend: isBackend(backend) ? backend : undefined }
  } catch {
    // Settings out of bounds: as good as no summary.
    return undefined
  }
}
