import { isCancelled } from '../../base/cancellation'
import { InklingError } from '../../base/errors'
import type { LanguageModel } from '../../language/languageModel'
import type { OpeningListener } from '../openModel'
import type { ModelSpec } from '../protocol'
import { selfCheck, type SelfCheck } from './selfCheck'

export type OpenFolder = (spec: ModelSpec, listener: OpeningListener) => Promise<LanguageModel>

/** A model on a device that gives the numbers of the processor. */
export interface CheckedModel {
  readonly model: LanguageModel
  readonly check: SelfCheck
}

/**
 * Opens a model on the device that its spec names and compares what it says with the processor.
 * @returns the model, or else the processor's and why the device is not used
 * @throws InklingError where the model cannot be opened on the processor either; CancelledError
 */
export async function openChecked(spec: ModelSpec, open: OpenFolder, onFraction: (fraction: number) => void): Promise<CheckedModel | { readonly fallback: LanguageModel; readonly reason: InklingError }> {
  const { device } = spec
  let reason: InklingError | undefined
  const listener = { onFraction, onWarning: (warning: InklingError) => { reason ??= warning } }
  const openOnCpu = (): Promise<LanguageModel> => open({ ...spec, device: 'cpu' }, listener)
  // What a runtime or a driver says is for the log.
  const unavailable = (reason: string, error?: unknown): InklingError => InklingError.of('device-unavailable', { device, reason }, error)

  let model: LanguageModel
  try {
    model = await open(spec, listener)
  } catch (error) {
    if (isCancelled(error)) throw error
    return { fallback: await openOnCpu(), reason: unavailable('the model cannot be opened on it', error) }
  }
  if (model.description.device !== device) return { fallback: model, reason: reason ?? unavailable('it is not there') }

  const reference = await openOnCpu()
  try {
    const check = await selfCheck(model, reference)
    if (check.passed) {
      reference.dispose()
      return { model, check }
    }
    reason = InklingError.of('device-wrong', { device, percent: Number.isNaN(check.distance) ? '?' : Math.round(check.distance * 100) })
  } catch (error) {
    reason = unavailable('it failed at its first words', error)
  }
  model.dispose()
  return { fallback: reference, reason }
}

/** As `open`, on the device of the spec where that gives the right numbers, and else on the processor, which is told. */
export function openOnDevice(open: OpenFolder): OpenFolder {
  return async (spec, listener) => {
    // Whoever asks for `auto` here has nothing measured.
    if (spec.device === 'cpu' || spec.device === 'auto') return open({ ...spec, device: 'cpu' }, listener)
    const opened = await openChecked(spec, open, (fraction) => listener.onFraction(fraction))
    if ('model' in opened) return opened.model
    listener.onWarning(opened.reason)
    return opened.fallback
  }
}
