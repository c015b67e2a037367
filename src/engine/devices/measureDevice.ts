import type { Clock } from '../../base/clock'
import type { LanguageModel } from '../../language/languageModel'
import type { ModelSpec } from '../protocol'
import { measureSpeed, type Speed } from './measureSpeed'
import { openChecked, type OpenFolder } from './openOnDevice'

/** How a model ran on a device. */
export interface DeviceMeasurement extends Speed {
  /** Where it really ran: `wasm` is the processor without a native runtime. */
  readonly device: string
  /** How its weights really are. */
  readonly precision: LanguageModel['description']['precision']
  /** How far its numbers were from the processor's (see selfCheck); 0 on the processor itself. */
  readonly distance: number
  readonly loadMs: number
}

/**
 * Opens the model on the device of its spec, checks its numbers and measures how fast it is.
 * @throws InklingError `device-unavailable`, `device-wrong`, and what opening throws
 */
export async function measureDevice(spec: ModelSpec, open: OpenFolder, clock: Clock): Promise<DeviceMeasurement> {
  const began = clock.now()
  const silent = { onFraction: () => {}, onWarning: () => {} }
  const opened = spec.device === 'cpu' || spec.device === 'auto' ? { model: await open({ ...spec, device: 'cpu' }, silent), check: { distance: 0 } } : await openChecked(spec, open, silent.onFraction)
  if ('fallback' in opened) {
    opened.fallback.dispose()
    throw opened.reason
  }
  const { model, check } = opened
  const loadMs = clock.now() - began
  try {
    return { ...(await measureSpeed(model, clock)), device: model.description.device, precision: model.description.precision, distance: check.distance, loadMs }
  } finally {
    model.dispose()
  }
}
