import type { Network } from './download'
import { TransientError } from './http'
import { retryDelayMs } from './retryPolicy'

/**
 * Runs `attempt` until it succeeds, with pauses after failures that may pass.
 * @param progress a number that grows with what has been gained; a failure after a gain is a first failure again
 * @throws what the last failure ended in
 */
export async function retrying<T>(network: Network, signal: AbortSignal, attempt: () => Promise<T>, progress: () => number = () => 0): Promise<T> {
  let failed = 0
  let best = progress()
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof TransientError)) throw error
      failed = progress() > best ? 1 : failed + 1
      best = Math.max(best, progress())
      const delay = retryDelayMs(network.retry, failed, error.retryAfterMs)
      if (delay === undefined) throw error.final
      await network.wait(delay, signal)
    }
  }
}
