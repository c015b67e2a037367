import { Emitter } from '../base/event'
import type { Clock } from '../base/clock'
import { Disposable, MutableDisposable, type IDisposable } from '../base/lifecycle'

/** What is left is told in minutes. */
const minuteMs = 60_000

/** A pause of the automatic suggestions, for a time or until the window is reloaded. */
export class Snooze extends Disposable {
  private readonly changes = this.register(new Emitter<void>())
  /** Also after each minute that has passed. */
  readonly onChange = this.changes.event
  private readonly timer = this.register(new MutableDisposable<IDisposable>())
  private until: number | undefined

  constructor(private readonly clock: Clock) {
    super()
  }

  get active(): boolean {
    return this.until !== undefined
  }

  /** Milliseconds left; Infinity until restart; 0 when awake. */
  get remainingMs(): number {
    return this.until === undefined ? 0 : Math.max(0, this.until - this.clock.now())
  }

  /** @param durationMs Infinity: until restart */
  start(durationMs: number): void {
    this.until = this.clock.now() + durationMs
    this.wait()
    this.changes.fire()
  }

  end(): void {
    if (this.until === undefined) return
    this.until = undefined
    this.timer.clear()
    this.changes.fire()
  }

  private wait(): void {
    const left = this.remainingMs
    this.timer.value = Number.isFinite(left) ? this.clock.after(Math.min(left, minuteMs), () => this.tick()) : undefined
  }

  private tick(): void {
    if (this.remainingMs === 0) return this.end()
    this.wait()
    this.changes.fire()
  }
}
