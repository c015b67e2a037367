import type { Clock } from '../../src/base/clock'
import { toDisposable } from '../../src/base/lifecycle'

/** Time that passes only when a test says so. */
export class ManualClock implements Clock {
  private time = 0
  private readonly timers = new Set<{ readonly at: number; readonly action: () => void }>()

  now(): number {
    return this.time
  }

  after(delayMs: number, action: () => void): ReturnType<Clock['after']> {
    const timer = { at: this.time + delayMs, action }
    this.timers.add(timer)
    return toDisposable(() => this.timers.delete(timer))
  }

  /** Lets `ms` pass and runs what falls due, in order. */
  advance(ms: number): void {
    const end = this.time + ms
    for (;;) {
      const due = [...this.timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!due) break
      this.timers.delete(due)
      this.time = due.at
      due.action()
    }
    this.time = end
  }
}
