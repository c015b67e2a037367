import { isCancelled, throwIfCancelled } from '../../base/cancellation'
import { toInklingError, reasonOf, type InklingError } from '../../base/errors'
import type { ModelSpec } from '../protocol'
import { isOpen, type Device, type Outcome, type Outcomes } from './chooseDevice'
import type { DeviceMemory } from './deviceMemory'
import type { DeviceMeasurement } from './measureDevice'
import type { TrialRoom } from './trialRoom'

/** Tries devices in a process of its own, so that what goes wrong there takes nothing else down. */
export interface Prober {
  /** Those besides the processor that the runtime of this platform knows. @throws InklingError; CancelledError */
  devices(signal: AbortSignal): Promise<readonly Device[]>
  /** @throws InklingError, also when the process died over it; ProbeEndedError; CancelledError */
  measure(spec: ModelSpec, signal: AbortSignal): Promise<DeviceMeasurement>
}

/** The process that tried a device was ended from outside, which says nothing about the device. */
export class ProbeEndedError extends Error {}

export interface TrialOptions {
  readonly prober: Prober
  readonly memory: DeviceMemory
  readonly room: TrialRoom
  /** What is not for the interface. */
  readonly log: (text: string) => void
}

/** What is known after a trial. */
export interface TrialResult {
  readonly outcomes: Outcomes
  /** Whether there is nothing left to be tried. */
  readonly complete: boolean
}

/** Tries the devices of which nothing is known, one after another, and notes what became of each. */
export class DeviceTrials {
  private trying: { readonly setup: string; readonly device: Device } | undefined

  constructor(private readonly options: TrialOptions) {}

  /**
   * @param setup what the outcomes depend on: see setupOf
   * @param onOutcome called after each device
   * @throws CancelledError, and what the notes cannot be written for
   */
  async run(spec: ModelSpec, setup: string, onOutcome: (outcomes: Outcomes) => void, signal: AbortSignal): Promise<TrialResult> {
    const { memory, room, log } = this.options
    const place = await room.enter(spec, signal)
    if (place === undefined) {
      log(`Devices are not measured for ${spec.folder} now: too little memory is free.`)
      return { outcomes: await memory.read(setup), complete: false }
    }
    try {
      return await this.tryAll(spec, setup, onOutcome, signal)
    } finally {
      await place.leave()
    }
  }

  /** For a process that is about to end: what is being tried now is as if it had not been begun. */
  takeBack(): void {
    if (this.trying) this.options.memory.takeBack(this.trying.setup, this.trying.device)
  }

  private async tryAll(spec: ModelSpec, setup: string, onOutcome: (outcomes: Outcomes) => void, signal: AbortSignal): Promise<TrialResult> {
    const { memory, prober } = this.options
    // Another window may have measured meanwhile.
    let outcomes = await memory.read(setup)
    const tryOne = async (device: Device): Promise<void> => {
      if (!isOpen(outcomes[device])) return
      outcomes = await this.tryOne({ ...spec, device }, setup, outcomes[device], signal)
      onOutcome(outcomes)
    }
    await tryOne('cpu')
    for (const device of outcomes.cpu?.kind === 'measured' ? await prober.devices(signal) : []) await tryOne(device)
    return { outcomes, complete: !Object.values(outcomes).some((outcome) => outcome.kind === 'trying' || isOpen(outcome)) }
  }

  private async tryOne(spec: ModelSpec & { readonly device: Device }, setup: string, before: Outcome | undefined, signal: AbortSignal): Promise<Outcomes> {
    const { prober, memory } = this.options
    const { device } = spec
    throwIfCancelled(signal)
    const again = before?.kind === 'interrupted'
    this.trying = { setup, device }
    try {
      // Noted before it is tried: see DeviceMemory.
      await memory.write(setup, device, { kind: 'trying', pid: process.pid, sinceMs: Date.now(), ...(again ? { again } : {}) })
      const { prefillTokensPerSecond, decodeTokensPerSecond } = await prober.measure(spec, signal)
      return await memory.write(setup, device, { kind: 'measured', prefillTokensPerSecond, decodeTokensPerSecond })
    } catch (error) {
      if (isCancelled(error)) {
        memory.takeBack(setup, device)
        throw error
      }
      return await memory.write(setup, device, this.judge(device, error, again))
    } finally {
      this.trying = undefined
    }
  }

  private judge(device: Device, error: unknown, again: boolean): Outcome {
    const ended = error instanceof ProbeEndedError
    this.options.log(`The device ${device} was tried: ${reasonOf(error)}`)
    if (ended) return again ? { kind: 'failed', reason: 'its process was ended twice', crashed: true } : { kind: 'interrupted' }
    const failure = toInklingError(error)
    return { kind: 'failed', reason: shortReason(failure), ...(failure.code === 'engine-stopped' ? { crashed: true } : {}) }
  }
}

/** As it stands behind the device's name. */
function shortReason({ code, facts, message }: InklingError): string {
  if (code === 'engine-stopped') return 'it brought its process down'
  if (code === 'device-wrong') return `it gives other numbers than the CPU, off by ${facts['percent']} %`
  return String(code === 'device-unavailable' ? facts['reason'] : message)
}
