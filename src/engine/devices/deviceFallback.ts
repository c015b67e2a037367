import { isCancelled } from '../../base/cancellation'
import { InklingError } from '../../base/errors'
import type { LoadedEntry, ModelPool } from '../modelPool'
import type { ModelSpec } from '../protocol'

/**
 * Runs work on the device of its spec until that fails at it (out of memory, a driver that was reset, numbers that are
 * none), and from then on on the processor.
 */
export class DeviceFallback {
  private readonly failed = new Set<string>()

  /** @param onFailure called once for each device and model */
  constructor(
    private readonly pool: ModelPool,
    private readonly onFailure: (error: InklingError, spec: ModelSpec) => void,
  ) {}

  /**
   * @param isShown whether the work has given something away already, so that it cannot be done again from its beginning
   * @throws InklingError `device-failed` where it cannot, and what `work` throws
   */
  async use<T>(spec: ModelSpec, work: (entry: LoadedEntry) => Promise<T>, isShown: () => boolean = () => false): Promise<T> {
    const { folder, precision, device } = spec
    const key = JSON.stringify([folder, precision, device])
    const onCpu: ModelSpec = { ...spec, device: 'cpu' }
    if (this.failed.has(key)) return this.pool.use(onCpu, work)
    let ranOn = 'cpu'
    try {
      return await this.pool.use(spec, (entry) => {
        ranOn = entry.model.description.device
        return work(entry)
      })
    } catch (error) {
      if (ranOn !== device || device === 'cpu' || !isDeviceFailure(error)) throw error
      const failure = InklingError.of('device-failed', { device, reason: error instanceof InklingError ? 'its numbers are none' : 'the log says how' }, error)
      // Of several documents on one device each sees it fail.
      if (!this.failed.has(key)) this.onFailure(failure, spec)
      this.failed.add(key)
      this.pool.retire(spec)
      if (isShown()) throw failure
      return this.pool.use(onCpu, work)
    }
  }
}

/** What our own code refuses it would refuse on the processor, too. */
function isDeviceFailure(error: unknown): boolean {
  if (error instanceof InklingError) return error.code === 'numbers-not-finite'
  return !isCancelled(error) && !(error instanceof RangeError)
}
