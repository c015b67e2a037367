import { CancelledError } from '../../base/cancellation'
import type { Clock } from '../../base/clock'
import { InklingError } from '../../base/errors'
import { forkChild, type ForkOptions } from '../fork'
import type { ModelSpec } from '../protocol'
import type { Device } from './chooseDevice'
import { ProbeEndedError, type Prober } from './deviceTrials'
import type { DeviceMeasurement } from './measureDevice'
import type { FromProbe, ToProbe } from './probeProtocol'

/** Asks each question in a child of its own, which ends with the answer. */
export class ChildProber implements Prober {
  /**
   * @param limitMs what takes longer is of no use to a writer, and is ended
   * @param log hears what went wrong in the words of the runtime
   */
  constructor(
    private readonly fork: () => ForkOptions,
    private readonly clock: Clock,
    private readonly limitMs: number,
    private readonly log: (text: string) => void = () => {},
  ) {}

  async devices(signal: AbortSignal): Promise<readonly Device[]> {
    const answer = await this.ask({ kind: 'devices' }, 'cpu', signal)
    return answer.kind === 'devices' ? answer.devices : []
  }

  async measure(spec: ModelSpec, signal: AbortSignal): Promise<DeviceMeasurement> {
    const answer = await this.ask({ kind: 'measure', spec }, spec.device, signal)
    if (answer.kind !== 'measured') throw InklingError.of('internal', { reason: 'a probe answered another question' })
    return answer.measurement
  }

  /** @throws InklingError `engine-stopped` when the child died over it, and what it failed with; ProbeEndedError; CancelledError */
  private ask(question: ToProbe, device: string, signal: AbortSignal): Promise<FromProbe> {
    return new Promise<FromProbe>((resolve, reject) => {
      if (signal.aborted) return reject(new CancelledError())
      // Native code hears no cancellation, so the process goes.
      const cancel = (): void => settle(() => reject(new CancelledError()))
      const settle = (then: () => void): void => {
        limit.dispose()
        signal.removeEventListener('abort', cancel)
        child.dispose()
        then()
      }
      const child = forkChild<ToProbe, FromProbe>(this.fork(), {
        onMessage: (message) => settle(() => {
          if (message.kind !== 'failed') return resolve(message)
          if (message.detail !== undefined) this.log(message.detail)
          reject(InklingError.fromWire(message.error))
        }),
        // Why it failed comes as a message; what native code prints besides is for nobody.
        onOutput: () => {},
        onExit: (reason, kind) => settle(() => reject(kind === 'killed' || kind === 'ended' ? new ProbeEndedError(reason) : InklingError.of('engine-stopped', { reason }))),
      })
      const limit = this.clock.after(this.limitMs, () => settle(() => reject(InklingError.of('device-unavailable', { device, reason: `it was not ready after ${Math.round(this.limitMs / 1000)} seconds` }))))
      signal.addEventListener('abort', cancel, { once: true })
      child.send(question)
    })
  }
}
