import { isCancelled } from '../../base/cancellation'
import type { Clock } from '../../base/clock'
import { InklingError } from '../../base/errors'
import { Emitter } from '../../base/event'
import { Disposable, MutableDisposable, type IDisposable } from '../../base/lifecycle'
import type { ModelSpec } from '../protocol'
import { chooseDevice, type Device, type Outcome, type Outcomes } from './chooseDevice'
import { DeviceTrials, type TrialOptions } from './deviceTrials'

export interface AutoDeviceOptions extends TrialOptions {
  readonly clock: Clock
  /** What the outcomes for a spec depend on: see setupOf. */
  readonly setupOf: (spec: ModelSpec) => Promise<string>
  /** Loads a model where it will run from now on, so that no keystroke waits for that. */
  readonly load: (spec: ModelSpec) => Promise<unknown>
  /** Without a call for so long, the machine is free to be measured. */
  readonly idleMs: number
}

/** What is known about the model in a folder, and where it runs by that. */
export interface DeviceChange {
  readonly folder: string
  readonly outcomes: Outcomes
  readonly device: Device
}

interface Known {
  readonly setup: string
  outcomes: Outcomes
  /** Where the model runs when the settings say `auto`. */
  device: Device
  /** Whether there is nothing left to be tried. */
  complete: boolean
}

/** What is recalled, and once it was. */
interface Recalled {
  readonly promise: Promise<Known>
  value?: Known
}

/**
 * Decides where models run when the settings say `auto`, and keeps a device that brought the engine down from doing so
 * again whatever they say. Begins on the processor; once nobody has asked for anything for a while it measures the devices
 * that this machine has, once for each model, and changes over to one that is clearly faster.
 */
export class AutoDevice extends Disposable {
  private readonly changes = this.register(new Emitter<DeviceChange>())
  /** Something new is known about a model. */
  readonly onChange = this.changes.event
  private readonly warnings = this.register(new Emitter<InklingError>())
  /** A device that the settings name is not used. */
  readonly onWarning = this.warnings.event
  private readonly known = new Map<string, Recalled>()
  private readonly idle = this.register(new MutableDisposable<IDisposable>())
  /** What was asked for last, if that was `auto`. */
  private latest: ModelSpec | undefined
  private measuring: AbortController | undefined
  private readonly trials: DeviceTrials
  /** Settles when what is being measured is done or has been given up. */
  measurement: Promise<void> = Promise.resolve()

  constructor(private readonly options: AutoDeviceOptions) {
    super()
    this.trials = new DeviceTrials(options)
  }

  override dispose(): void {
    super.dispose()
    this.measuring?.abort()
    // The window is closed: there is no time left to wait for the file.
    this.trials.takeBack()
  }

  /** The spec with the device that it runs on. @param spec as the settings say */
  async resolve(spec: ModelSpec): Promise<ModelSpec> {
    return this.resolveNow(spec) ?? this.placed(spec, await this.knownOf(spec))
  }

  /** The same, undefined where something has to be read first. */
  resolveNow(spec: ModelSpec): ModelSpec | undefined {
    this.latest = spec.device === 'auto' ? spec : undefined
    if (spec.device === 'cpu') return spec
    const known = this.recalled(spec).value
    return known && this.placed(spec, known)
  }

  private placed(spec: ModelSpec, { device, outcomes }: Known): ModelSpec {
    if (spec.device === 'auto') return { ...spec, device }
    const outcome = outcomes[spec.device]
    if (outcome?.kind !== 'failed' || outcome.crashed !== true) return spec
    this.warnings.fire(InklingError.of('device-crashed', { device: spec.device }))
    return { ...spec, device: 'cpu' }
  }

  /** What is known about a model's devices. */
  async outcomes(spec: ModelSpec): Promise<Outcomes> {
    return (await this.knownOf(spec)).outcomes
  }

  /** @param busy calls that the engine works on: while there are any, nothing is measured */
  engineIs(busy: number): void {
    if (busy === 0) return void this.waitForQuiet()
    this.idle.clear()
    this.measuring?.abort()
  }

  /** The engine died while it worked on these. */
  async engineDied(specs: readonly ModelSpec[]): Promise<void> {
    for (const spec of specs) if (spec.device !== 'cpu' && spec.device !== 'auto') await this.failed(spec, spec.device, { kind: 'failed', reason: 'it brought the engine down', crashed: true })
  }

  /** A device was given up while it worked. @param reason for a person */
  async deviceFailed(spec: ModelSpec, reason: string): Promise<void> {
    if (spec.device !== 'cpu' && spec.device !== 'auto') await this.failed(spec, spec.device, { kind: 'failed', reason })
  }

  /** Forgets what is known about a model, so that it is measured anew. */
  async forget(spec: ModelSpec): Promise<void> {
    this.measuring?.abort()
    const known = await this.knownOf(spec)
    await this.options.memory.forget(known.setup)
    Object.assign(known, { outcomes: {}, device: 'cpu', complete: false })
    this.waitForQuiet()
    this.announce(spec, known)
  }

  private knownOf(spec: ModelSpec): Promise<Known> {
    return this.recalled(spec).promise
  }

  private recalled(spec: ModelSpec): Recalled {
    const { folder, precision, threads } = spec
    const key = JSON.stringify([folder, precision, threads])
    const before = this.known.get(key)
    if (before) return before
    const recalled: Recalled = { promise: this.recall(spec).then((known) => (recalled.value = known)) }
    this.known.set(key, recalled)
    return recalled
  }

  private async recall(spec: ModelSpec): Promise<Known> {
    const setup = await this.options.setupOf(spec)
    const outcomes = await this.options.memory.read(setup)
    return { setup, outcomes, device: chooseDevice(outcomes), complete: false }
  }

  private waitForQuiet(): void {
    if (this.latest === undefined || this.measuring !== undefined || this.isDisposed) return
    this.idle.value = this.options.clock.after(this.options.idleMs, () => {
      this.measurement = this.measure()
    })
  }

  private async measure(): Promise<void> {
    const spec = this.latest
    if (spec === undefined) return
    const controller = new AbortController()
    this.measuring = controller
    const known = await this.knownOf(spec)
    try {
      if (!known.complete) await this.tryAll(spec, known, controller.signal)
    } catch (error) {
      // Somebody began to write again: the next quiet time goes on. Where the notes cannot be kept, nothing more is tried: it could bring the machine down again and again.
      known.complete = !isCancelled(error)
    } finally {
      this.measuring = undefined
    }
  }

  private async tryAll(spec: ModelSpec, known: Known, signal: AbortSignal): Promise<void> {
    const { complete, outcomes } = await this.trials.run(spec, known.setup, (found) => {
      known.outcomes = found
      this.announce(spec, known)
    }, signal)
    Object.assign(known, { complete, outcomes })
    const best = chooseDevice(outcomes)
    if (best !== known.device) {
      await this.options.load({ ...spec, device: best })
      known.device = best
    }
    this.announce(spec, known)
  }

  private async failed(spec: ModelSpec, device: Device, outcome: Outcome): Promise<void> {
    const known = await this.knownOf(spec)
    // Where it cannot be noted, it holds for this window.
    known.outcomes = await this.options.memory.write(known.setup, device, outcome).catch(() => ({ ...known.outcomes, [device]: outcome }))
    known.device = chooseDevice(known.outcomes)
    this.announce(spec, known)
  }

  private announce({ folder }: ModelSpec, { outcomes, device }: Known): void {
    this.changes.fire({ folder, outcomes, device })
  }
}
