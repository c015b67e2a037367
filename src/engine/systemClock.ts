import type { Clock } from '../base/clock'
import { toDisposable } from '../base/lifecycle'

/** The real time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs)
    return toDisposable(() => clearTimeout(timer))
  },
}
