import { toInklingError } from '../src/base/errors'
import type { Backend } from '../src/gan/ganEngine'
import type { Measured } from '../src/gan/protocol/hostProtocol'
import type { TrainingSettings } from '../src/gan/settings'
import type { Measurement } from './studioState'

/** Every backend, the likeliest first. */
export const measureOrder: readonly Backend[] = ['native', 'wasm', 'webgpu', 'webgl', 'tfjs-node', 'cpu']

/** Steps measured a backend; a slow one shows after the first. */
const measuredSteps = 3
const slowMs = 1000

/** The backends that run here, the fastest first. */
export function fastestFirst(measured: readonly Measured[]): Backend[] {
  const usable = measured.flatMap(({ backend, stepMs }) => (stepMs === undefined ? [] : [{ backend, stepMs }]))
  return usable.sort((a, b) => a.stepMs - b.stepMs).map(({ backend }) => backend)
}

/** Whether some backend was never tried here: at first use, or since a version that brought a new one. */
export function needsMeasuring(measured: readonly Measured[]): boolean {
  return measureOrder.some((backend) => !measured.some((entry) => entry.backend === backend))
}

/**
 * Measures real steps on every backend, one after the other.
 * @param measure milliseconds of a step, the median of so many
 * @param show is told how far it is
 */
export async function measureAll(
  settings: TrainingSettings,
  measure: (backend: Backend, settings: TrainingSettings, steps: number) => Promise<number>,
  show: (list: readonly Measurement[]) => void,
): Promise<readonly Measured[]> {
  let list: readonly Measurement[] = measureOrder.map((backend) => ({ backend, state: 'waiting', stepMs: undefined, reason: undefined }))
  const set = (backend: Backend, change: Partial<Measurement>): void => {
    list = list.map((entry) => (entry.backend === backend ? { ...entry, ...change } : entry))
    show(list)
  }
  for (const backend of measureOrder) {
    set(backend, { state: 'measuring' })
    try {
      let stepMs = await measure(backend, settings, 1)
      if (stepMs < slowMs) stepMs = await measure(backend, settings, measuredSteps)
      set(backend, { state: 'done', stepMs })
    } catch (error) {
      set(backend, { state: 'failed', reason: reasonOf(error) })
    }
  }
  return list.map(({ backend, stepMs, reason }) => ({ backend, stepMs, reason }))
}

/** Only the reason: which backend it is stands beside it. */
function reasonOf(error: unknown): string {
  const known = toInklingError(error)
  const { reason } = known.facts
  return String(known.code === 'gan-backend-unavailable' && reason !== undefined ? reason : known.message).slice(0, 300)
}

const names: Readonly<Record<Backend, string>> = {
  native: 'ONNX Runtime',
  'tfjs-node': 'TensorFlow',
  webgpu: 'WebGPU',
  webgl: 'WebGL',
  wasm: 'WebAssembly',
  cpu: 'JavaScript',
}

export function backendName(backend: Backend): string {
  return names[backend]
}

/** 13.4 ms a step */
export function stepTime(stepMs: number): string {
  return `${stepMs.toFixed(stepMs < 100 ? 1 : 0)} ms a step`
}
