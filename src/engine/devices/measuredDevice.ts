import { reasonOf } from '../../base/errors'
import { isCancelled } from '../../base/cancellation'
import type { ModelSpec } from '../protocol'
import { chooseDevice, isOpen, type Device, type Outcomes } from './chooseDevice'
import { DeviceTrials, type TrialOptions } from './deviceTrials'

export interface MeasuredDeviceOptions extends TrialOptions {
  /** What the outcomes for a spec depend on: see setupOf. */
  readonly setupOf: (spec: ModelSpec) => Promise<string>
  /** Devices that may be faster than the processor, as far as can be told without trying them. */
  readonly candidates: () => Promise<readonly Device[]>
  /** Hears what somebody who waits wants to know. */
  readonly tell: (news: DeviceNews) => void
}

export type DeviceNews =
  | { readonly kind: 'measuring'; readonly devices: readonly Device[] }
  | { readonly kind: 'measured'; readonly outcomes: Outcomes; readonly device: Device }
  | { readonly kind: 'unmeasured'; readonly reason: string }

/**
 * What `auto` is where no time comes at which nobody waits, as on the command line: devices are measured before a model is
 * used for the first time, and what was found holds from then on.
 */
export class MeasuredDevice {
  private readonly known = new Map<string, Promise<Device>>()

  constructor(private readonly options: MeasuredDeviceOptions) {}

  /** The spec with the device that it runs on. @throws CancelledError */
  async resolve(spec: ModelSpec, signal: AbortSignal): Promise<ModelSpec> {
    if (spec.device !== 'auto') return spec
    const setup = await this.options.setupOf(spec)
    const device = this.known.get(setup) ?? this.find(spec, setup, signal)
    this.known.set(setup, device)
    return { ...spec, device: await device }
  }

  private async find(spec: ModelSpec, setup: string, signal: AbortSignal): Promise<Device> {
    const { candidates, memory, tell } = this.options
    const others = await candidates()
    if (others.length === 0) return 'cpu'
    const known = await memory.read(setup)
    const open = (['cpu', ...others] as const).filter((device) => isOpen(known[device]))
    if (open.length === 0) return chooseDevice(known)
    try {
      tell({ kind: 'measuring', devices: open })
      return await this.measure(spec, setup, others, signal)
    } catch (error) {
      if (isCancelled(error)) throw error
      tell({ kind: 'unmeasured', reason: reasonOf(error) })
      return 'cpu'
    }
  }

  private async measure(spec: ModelSpec, setup: string, others: readonly Device[], signal: AbortSignal): Promise<Device> {
    const { prober, memory, tell } = this.options
    const trials = new DeviceTrials({ ...this.options, prober: { devices: async () => others, measure: (one, until) => prober.measure(one, until) } })
    const { outcomes } = await trials.run(spec, setup, () => {}, signal)
    if (outcomes.cpu?.kind === 'failed') {
      // What is wrong with a model that runs nowhere is told where it is opened.
      await memory.forget(setup)
      return 'cpu'
    }
    const device = chooseDevice(outcomes)
    tell({ kind: 'measured', outcomes, device })
    return device
  }
}
