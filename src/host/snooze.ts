import { Emitter } from '../base/event'
import type { Clock } from '../base/clock'
import { Disposable, MutableDisposable, type IDisposable } from '../base/lifecycle'

/** A pause of the automatic suggestions, for a time or until the window is reloaded. */
export class Snooze extends Disposable {
  private readonly changes = this.register(new Emitter<void>())
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
    this.timer.value = Number.isFinite(durationMs) ? this.clock.after(durationMs, () => this.end()) : undefined
    this.changes.fire()
  }

  end(): void {
    if (this.until === undefined) return
    this.until = undefined
    this.timer.clear()
    this.changes.fire()
  }
}
